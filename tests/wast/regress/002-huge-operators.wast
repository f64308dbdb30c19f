;; What one operator does may take more code than AArch64's branches reach; the
;; generated modules for that are in bombs/. Here: an `if` without `else`
;; around more than four values, on both paths, from constants and locals.
(module
  (type $five (func (param i32 i32 i32 i32 i32) (result i32 i32 i32 i32 i32)))
  (func (export "f") (param $c i32) (param $x i32) (result i32)
    (local.get $x)
    (i32.const 2)
    (i32.mul (local.get $x) (i32.const 3))
    (local.get $c)
    (i32.const 5)
    (local.get $c)
    (if (type $five)
      (then
        drop drop drop drop drop
        (i32.const 10) (i32.const 20) (i32.const 30) (i32.const 40) (i32.const 50)))
    i32.add i32.add i32.add i32.add))
(assert_return (invoke "f" (i32.const 0) (i32.const 7)) (i32.const 35))
(assert_return (invoke "f" (i32.const 1) (i32.const 7)) (i32.const 150))
