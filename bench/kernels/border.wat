;; Calls out and in, and growth.
(module
  (import "host" "add" (func $add (param i32 i32) (result i32)))
  (memory (export "memory") 0)
  ;; Calls the host n times; returns how often it has added one.
  (func (export "out") (param $n i32) (result i64)
    (local $count i32)
    (loop $again
      (local.set $count (call $add (local.get $count) (i32.const 1)))
      (br_if $again (i32.lt_u (local.get $count) (local.get $n))))
    (i64.extend_i32_u (local.get $count)))
  ;; As little as a function can do.
  (func (export "in") (param $n i32) (result i64)
    (i64.extend_i32_u (local.get $n)))
  ;; Grows n times by a page; returns the size.
  (func (export "grow") (param $n i32) (result i64)
    (loop $again
      (drop (memory.grow (i32.const 1)))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (i64.extend_i32_u (memory.size))))
