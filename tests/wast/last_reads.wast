;; Values of locals behind their last read: what is left out must not be missed,
;; and what comes round again must still be there.

(module
  (memory 1)
  (func $clobber (param i32 i32 i32 i32) (result i32)
    (local i32 i32 i32 i32)
    (i32.add (i32.add (local.get 0) (local.get 1)) (i32.add (local.get 2) (local.get 3))))

  ;; The same local twice on the stack, for the last time both.
  (func (export "twice") (param i32) (result i32)
    (i32.sub (i32.mul (local.get 0) (i32.const 3)) (i32.const 0))
    (i32.shl (local.get 0) (local.get 0))
    i32.add)
  (func (export "square-of-last") (param i32) (result i32)
    (i32.mul (local.get 0) (local.get 0)))
  (func (export "difference-of-last") (param i64) (result i64)
    (i64.sub (i64.add (local.get 0) (i64.const 1)) (local.get 0)))
  (func (export "divide-by-itself") (param i32) (result i32)
    (i32.div_s (local.get 0) (local.get 0)))
  (func (export "store-at-itself") (param i32) (result i32)
    (i32.store (local.get 0) (local.get 0))
    (i32.load (i32.const 64)))
  (func (export "select-of-itself") (param i32) (result i32)
    (select (local.get 0) (local.get 0) (local.get 0)))
  (func (export "three-borrows") (param i32) (result i32)
    local.get 0
    local.get 0
    local.get 0
    i32.mul
    i32.sub)

  ;; A last read that waits on the stack while calls and blocks come.
  (func (export "waits-for-call") (param i32 i32) (result i32)
    local.get 0
    (call $clobber (local.get 1) (local.get 1) (i32.const 7) (i32.const 9))
    i32.sub)
  (func (export "waits-for-loop") (param i32 i32) (result i32)
    local.get 0
    (loop $again
      (local.set 1 (i32.sub (local.get 1) (i32.const 1)))
      (br_if $again (local.get 1)))
    (i32.add (local.get 1)))
  (func (export "waits-for-write") (param i32) (result i32)
    local.get 0
    (local.set 0 (i32.const 5))
    local.get 0
    i32.sub)
  (func (export "waits-for-dead-write") (param i32) (result i32)
    local.get 0
    (local.set 0 (i32.const 5)))
  (func (export "dead-tee") (param i32) (result i32)
    (i32.add (local.tee 0 (i32.add (local.get 0) (i32.const 1))) (i32.const 10)))
  (func (export "dead-tee-under-borrow") (param i32) (result i32)
    local.get 0
    (local.tee 0 (i32.add (local.get 0) (i32.const 1)))
    i32.sub)

  ;; The last read in the text is not the last that runs.
  (func (export "comes-round") (param i32) (result i32)
    (local i32 i32)
    (local.set 1 (i32.const 100))
    (loop $again
      (local.set 2 (i32.add (local.get 2) (local.get 1)))
      (drop (call $clobber (i32.const 1) (i32.const 2) (i32.const 3) (i32.const 4)))
      (local.set 1 (i32.const 1))
      (br_if $again (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
    (local.get 2))
  (func (export "comes-round-outside") (param i32) (result i32)
    (local $inner i32) (local $step i32) (local $sum i32)
    (local.set $step (i32.const 3))
    (loop $outer
      (local.set $inner (i32.const 2))
      (loop $again
        (local.set $sum (i32.add (local.get $sum) (local.get $step)))
        (br_if $again (local.tee $inner (i32.sub (local.get $inner) (i32.const 1)))))
      (drop (call $clobber (i32.const 1) (i32.const 2) (i32.const 3) (i32.const 4)))
      (br_if $outer (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
    (local.get $sum))
  ;; Written late in an iteration, read early in the next.
  (func (export "carried") (param i32) (result i32)
    (local $carried i32) (local $sum i32)
    (loop $again
      (local.set $sum (i32.add (local.get $sum) (local.get $carried)))
      (if (i32.and (local.get 0) (i32.const 1))
        (then (local.set $carried (local.get 0)))
        (else (local.set $carried (call $clobber (local.get 0) (i32.const 0) (i32.const 0) (i32.const 0)))))
      (br_if $again (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
    (local.get $sum))

  ;; The other arm reads what this one is done with.
  (func (export "arms") (param i32 i32) (result i32)
    (if (result i32) (local.get 0)
      (then (i32.add (local.get 1) (i32.const 1)))
      (else
        (drop (call $clobber (i32.const 1) (i32.const 2) (i32.const 3) (i32.const 4)))
        (i32.add (local.get 1) (i32.const 2)))))
  (func (export "arm-writes") (param i32 i32) (result i32)
    (if (local.get 0)
      (then (local.set 1 (i32.const 50)))
      (else (drop (call $clobber (local.get 1) (local.get 1) (i32.const 0) (i32.const 0)))))
    (local.get 1))
  ;; A branch leaves with a last read that the code behind it does not make.
  (func (export "leaves-with") (param i32 i32) (result i32)
    (block $out (result i32)
      (br_if $out (local.get 0) (local.get 1))
      drop
      (call $clobber (i32.const 1) (i32.const 2) (i32.const 3) (i32.const 4))))
  (func (export "edges-differ") (param i32 i32 i32) (result i32)
    (local i32)
    (local.set 3 (i32.mul (local.get 1) (i32.const 10)))
    (block $out
      (br_if $out (local.get 0))
      (drop (call $clobber (local.get 3) (local.get 2) (i32.const 0) (i32.const 0)))
      (br_if $out (i32.eqz (local.get 1)))
      (local.set 3 (i32.add (local.get 3) (i32.const 1))))
    (i32.add (local.get 3) (local.get 2)))

  ;; Last readers take registers over that divisions and shifts want.
  (func (export "divide-last") (param i32 i32 i32 i32) (result i32)
    (i32.div_s (local.get 2) (local.get 3)))
  (func (export "divide-by-last") (param i32 i32 i32 i32) (result i32)
    (i32.add (i32.rem_u (local.get 3) (local.get 2)) (i32.shl (local.get 0) (local.get 1))))
  (func (export "shift-by-last") (param i64 i64 i64 i64) (result i64)
    (i64.rotl (local.get 3) (local.get 2)))
  (func (export "shift-last") (param i64 i64 i64 i64) (result i64)
    (i64.rotr (local.get 2) (local.get 3)))
  ;; A last reader's register is the wider value, too.
  (func (export "extend-last") (param i32) (result i64)
    (i64.extend_i32_u (local.get 0)))

  ;; Unread parameters and locals, and those on the stack.
  (func $many (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32)
    (i32.sub (local.get 9) (local.get 7)))
  (func (export "unread-parameters") (param i32 i32) (result i32)
    (call $many (i32.const 1) (i32.const 2) (i32.const 3) (i32.const 4) (i32.const 5)
      (i32.const 6) (i32.const 7) (local.get 0) (i32.const 9) (local.get 1)))
  (func (export "float") (param f64 f64) (result f64)
    (local f64)
    (local.set 2 (f64.mul (local.get 0) (local.get 1)))
    (f64.sub (f64.add (local.get 2) (local.get 0)) (local.get 2)))
  (func (export "reference") (param externref i32) (result externref)
    (local externref)
    (local.set 2 (local.get 0))
    (drop (call $clobber (local.get 1) (i32.const 1) (i32.const 1) (i32.const 1)))
    (local.set 0 (ref.null extern))
    (local.get 2)))

(assert_return (invoke "twice" (i32.const 3)) (i32.const 33))
(assert_return (invoke "square-of-last" (i32.const 7)) (i32.const 49))
(assert_return (invoke "difference-of-last" (i64.const 7)) (i64.const 1))
(assert_return (invoke "divide-by-itself" (i32.const 7)) (i32.const 1))
(assert_trap (invoke "divide-by-itself" (i32.const 0)) "integer divide by zero")
(assert_return (invoke "store-at-itself" (i32.const 64)) (i32.const 64))
(assert_return (invoke "select-of-itself" (i32.const 9)) (i32.const 9))
(assert_return (invoke "three-borrows" (i32.const 5)) (i32.const -20))
(assert_return (invoke "waits-for-call" (i32.const 100) (i32.const 4)) (i32.const 76))
(assert_return (invoke "waits-for-loop" (i32.const 100) (i32.const 4)) (i32.const 100))
(assert_return (invoke "waits-for-write" (i32.const 100)) (i32.const 95))
(assert_return (invoke "waits-for-dead-write" (i32.const 100)) (i32.const 100))
(assert_return (invoke "dead-tee" (i32.const 100)) (i32.const 111))
(assert_return (invoke "dead-tee-under-borrow" (i32.const 100)) (i32.const -1))
(assert_return (invoke "comes-round" (i32.const 4)) (i32.const 103))
(assert_return (invoke "comes-round-outside" (i32.const 4)) (i32.const 24))
(assert_return (invoke "carried" (i32.const 4)) (i32.const 9))
(assert_return (invoke "arms" (i32.const 1) (i32.const 10)) (i32.const 11))
(assert_return (invoke "arms" (i32.const 0) (i32.const 10)) (i32.const 12))
(assert_return (invoke "arm-writes" (i32.const 1) (i32.const 10)) (i32.const 50))
(assert_return (invoke "arm-writes" (i32.const 0) (i32.const 10)) (i32.const 10))
(assert_return (invoke "leaves-with" (i32.const 77) (i32.const 1)) (i32.const 77))
(assert_return (invoke "leaves-with" (i32.const 77) (i32.const 0)) (i32.const 10))
(assert_return (invoke "edges-differ" (i32.const 1) (i32.const 4) (i32.const 2)) (i32.const 42))
(assert_return (invoke "edges-differ" (i32.const 0) (i32.const 4) (i32.const 2)) (i32.const 43))
(assert_return (invoke "edges-differ" (i32.const 0) (i32.const 0) (i32.const 2)) (i32.const 2))
(assert_return (invoke "divide-last" (i32.const 1) (i32.const 2) (i32.const -100) (i32.const 7)) (i32.const -14))
(assert_trap (invoke "divide-last" (i32.const 1) (i32.const 2) (i32.const 3) (i32.const 0)) "integer divide by zero")
(assert_return (invoke "divide-by-last" (i32.const 3) (i32.const 4) (i32.const 7) (i32.const 100)) (i32.const 50))
(assert_return (invoke "shift-by-last" (i64.const 0) (i64.const 0) (i64.const 8) (i64.const 0x0123456789abcdef)) (i64.const 0x23456789abcdef01))
(assert_return (invoke "shift-last" (i64.const 0) (i64.const 0) (i64.const 0x0123456789abcdef) (i64.const 8)) (i64.const 0xef0123456789abcd))
(assert_return (invoke "extend-last" (i32.const -1)) (i64.const 0xffffffff))
(assert_return (invoke "unread-parameters" (i32.const 30) (i32.const 50)) (i32.const 20))
(assert_return (invoke "float" (f64.const 3) (f64.const 5)) (f64.const 3))
(assert_return (invoke "reference" (ref.extern 5) (i32.const 1)) (ref.extern 5))
