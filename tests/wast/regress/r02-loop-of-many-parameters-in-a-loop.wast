;; A loop whose parameters are too many for registers, inside a loop that keeps
;; locals in registers. The back edge that moves the parameters in bulk must
;; leave those locals alone.
(module
  (type $five (func (param i32 i32 i32 i32 i32) (result i32)))
  (func (export "f") (param $x i32) (param $y i32) (param $n i32) (param $m i32) (result i32)
    (loop $outer
      (local.set $x (i32.add (local.get $x) (i32.mul (local.get $y) (i32.const 3))))
      (local.set $y (i32.add (local.get $y) (local.get $x)))
      (local.set $m (i32.const 3))
      (i32.const 1) (i32.const 2) (i32.const 3) (i32.const 4) (i32.const 5)
      (loop $inner (type $five)
        drop drop drop drop drop
        (local.set $m (i32.sub (local.get $m) (i32.const 1)))
        (i32.const 9)
        (i32.const 1) (i32.const 2) (i32.const 3) (i32.const 4) (i32.const 5)
        (br_if $inner (local.get $m))
        drop drop drop drop drop)
      drop
      (br_if $outer (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (i32.add (i32.mul (local.get $x) (i32.const 1000)) (local.get $y))))

(assert_return (invoke "f" (i32.const 1) (i32.const 2) (i32.const 2) (i32.const 0))
  (i32.const 34043))
