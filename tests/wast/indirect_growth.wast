;; A call through a table may change the memory, whoever's function it reaches:
;; the caller must see the new length and the new place of the bytes at once.

(module $owner
  (memory (export "memory") 1 8)
  (func (export "grow") (result i32)
    (drop (memory.grow (i32.const 1)))
    (i32.store offset=65536 (i32.const 0) (i32.const 11))
    (i32.const 1)))
(register "owner" $owner)

(module
  (import "owner" "memory" (memory 1 8))
  (import "owner" "grow" (func $elsewhere (result i32)))
  (type $t (func (result i32)))
  (table funcref (elem $elsewhere $here))
  (func $here (result i32)
    (drop (memory.grow (i32.const 1)))
    (i32.store offset=131072 (i32.const 0) (i32.const 22))
    (i32.const 2))
  ;; Both kinds of call at one place, and the memory around each.
  (func $through (param i32) (result i32)
    (i32.store (i32.const 64) (i32.const 5))
    (i32.add
      (i32.add (call_indirect (type $t) (local.get 0)) (i32.load (i32.const 64)))
      (i32.load (i32.add (i32.const 65536) (i32.mul (local.get 0) (i32.const 65536))))))
  (func (export "through") (param i32) (result i32) (call $through (local.get 0)))
  ;; In a loop, alternating, with a local that lives across the calls.
  (func (export "alternate") (param i32) (result i32)
    (local $sum i32)
    (loop $again
      (local.set $sum (i32.add (local.get $sum)
        (call_indirect (type $t) (i32.and (local.get 0) (i32.const 1)))))
      (local.set $sum (i32.add (local.get $sum) (i32.load (i32.const 64))))
      (local.set 0 (i32.sub (local.get 0) (i32.const 1)))
      (br_if $again (local.get 0)))
    (local.get $sum))
  (func (export "pages") (result i32) (memory.size)))

(assert_return (invoke "through" (i32.const 0)) (i32.const 17))
(assert_return (invoke "pages") (i32.const 2))
(assert_return (invoke "through" (i32.const 1)) (i32.const 29))
(assert_return (invoke "pages") (i32.const 3))
(assert_return (invoke "alternate" (i32.const 4)) (i32.const 26))
(assert_return (invoke "pages") (i32.const 7))
