;; An `if` without `else` whose label takes more values than travel in
;; registers. The path on which the condition is false has to put them in their
;; slots itself, and nothing of that may be on the other path.
(module
  (type $five (func (param i32 i32 i32 i32 i32) (result i32 i32 i32 i32 i32)))
  (func (export "falls through") (param $c i32) (param $a i32) (param $b i32)
    (result i32 i32 i32 i32 i32)
    (i32.add (local.get $a) (i32.const 1))
    (i32.add (local.get $a) (i32.const 2))
    (i32.add (local.get $a) (i32.const 3))
    (i32.add (local.get $a) (i32.const 4))
    (i32.add (local.get $a) (i32.const 5))
    (if (type $five) (local.get $c)
      (then
        drop drop drop drop drop
        (i32.mul (local.get $b) (i32.const 3))
        (i32.mul (local.get $b) (i32.const 5))
        (i32.mul (local.get $b) (i32.const 7))
        (i32.mul (local.get $b) (i32.const 9))
        (i32.mul (local.get $b) (i32.const 11)))))
  (func (export "branches") (param $c i32) (param $a i32) (param $b i32)
    (result i32 i32 i32 i32 i32)
    (i32.add (local.get $a) (i32.const 1))
    (i32.add (local.get $a) (i32.const 2))
    (i32.add (local.get $a) (i32.const 3))
    (i32.add (local.get $a) (i32.const 4))
    (i32.add (local.get $a) (i32.const 5))
    (if (type $five) (local.get $c)
      (then
        drop drop drop drop drop
        (i32.mul (local.get $b) (i32.const 3))
        (i32.mul (local.get $b) (i32.const 5))
        (i32.mul (local.get $b) (i32.const 7))
        (i32.mul (local.get $b) (i32.const 9))
        (i32.mul (local.get $b) (i32.const 11))
        (br 0)))))

(assert_return (invoke "falls through" (i32.const 0) (i32.const 10) (i32.const 20))
  (i32.const 11) (i32.const 12) (i32.const 13) (i32.const 14) (i32.const 15))
(assert_return (invoke "falls through" (i32.const 1) (i32.const 10) (i32.const 20))
  (i32.const 60) (i32.const 100) (i32.const 140) (i32.const 180) (i32.const 220))
(assert_return (invoke "branches" (i32.const 0) (i32.const 10) (i32.const 20))
  (i32.const 11) (i32.const 12) (i32.const 13) (i32.const 14) (i32.const 15))
(assert_return (invoke "branches" (i32.const 1) (i32.const 10) (i32.const 20))
  (i32.const 60) (i32.const 100) (i32.const 140) (i32.const 180) (i32.const 220))
