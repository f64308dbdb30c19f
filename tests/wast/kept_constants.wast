;; Constants that registers keep: made anew wherever another way leads or a call
;; may have changed the registers. Three of them, for two registers.

(module
  (func $other (param i32) (result i32)
    ;; Uses other constants meanwhile.
    (i32.xor
      (i32.mul (local.get 0) (i32.const 0x13579bdf))
      (i32.mul (local.get 0) (i32.const 0x2468ace1))))

  (func (export "twice") (param i32 i32) (result i32)
    (i32.add
      (i32.mul (local.get 0) (i32.const 0x85ebca77))
      (i32.mul (local.get 1) (i32.const 0x85ebca77))))

  (func (export "three") (param i32) (result i32)
    (i32.mul (i32.const 0x85ebca77)
      (i32.mul (i32.const 0xc2b2ae3d)
        (i32.mul (i32.const 0x9e3779b1)
          (i32.mul (i32.const 0x85ebca77)
            (i32.mul (local.get 0) (i32.const 0x9e3779b1)))))))

  (func (export "call-between") (param i32) (result i32)
    (local i32)
    (local.set 1 (i32.mul (local.get 0) (i32.const 0x85ebca77)))
    (local.set 1 (i32.add (local.get 1) (call $other (local.get 0))))
    (i32.add (local.get 1) (i32.mul (local.get 0) (i32.const 0x85ebca77))))

  (func (export "one-arm") (param i32 i32) (result i32)
    (local i32)
    (if (local.get 1)
      (then (local.set 2 (i32.mul (local.get 0) (i32.const 0x85ebca77)))))
    (i32.add (local.get 2) (i32.mul (local.get 0) (i32.const 0x85ebca77))))

  (func (export "other-arm") (param i32 i32) (result i32)
    (i32.add
      (if (result i32) (local.get 1)
        (then (i32.mul (local.get 0) (i32.const 0x85ebca77)))
        (else (i32.mul (local.get 0) (i32.const 0x9e3779b1))))
      (i32.mul (local.get 0) (i32.const 0x9e3779b1))))

  (func (export "skipped") (param i32 i32) (result i32)
    (block
      (br_if 0 (local.get 1))
      (local.set 0 (i32.mul (local.get 0) (i32.const 0x85ebca77))))
    (i32.mul (local.get 0) (i32.const 0x85ebca77)))

  (func (export "loop") (param i32 i32) (result i32)
    (loop
      (local.set 0 (i32.mul (local.get 0) (i32.const 0x85ebca77)))
      (local.set 0 (i32.add (local.get 0) (i32.mul (local.get 0) (i32.const 0x9e3779b1))))
      (if (i32.and (local.get 1) (i32.const 1))
        (then (local.set 0 (i32.mul (local.get 0) (i32.const 0xc2b2ae3d)))))
      (br_if 0 (local.tee 1 (i32.sub (local.get 1) (i32.const 1)))))
    (i32.mul (local.get 0) (i32.const 0x85ebca77)))

  ;; The same bits as numbers of both widths.
  (func (export "widths") (param i32 i64) (result i64)
    (i64.add
      (i64.extend_i32_u (i32.mul (local.get 0) (i32.const 0x85ebca77)))
      (i64.mul (local.get 1) (i64.const 0x85ebca77))))
  (func (export "sign") (param i32 i64) (result i64)
    (i64.add
      (i64.extend_i32_u (i32.mul (local.get 0) (i32.const 0x85ebca77)))
      (i64.mul (local.get 1) (i64.const 0xffffffff85ebca77))))
  (func (export "wide") (param i64) (result i64)
    (i64.xor
      (i64.mul (local.get 0) (i64.const 0x9e3779b97f4a7c15))
      (i64.add
        (i64.and (local.get 0) (i64.const 0x9e3779b97f4a7c15))
        (i64.or (local.get 0) (i64.const 0x9e3779b97f4a7c15)))))
  (func (export "every-operation") (param i32) (result i32)
    (i32.add
      (i32.xor (i32.sub (local.get 0) (i32.const 0x12345678)) (i32.const 0x12345678))
      (i32.mul
        (i32.or (i32.and (local.get 0) (i32.const 0x12345678)) (i32.const 0x12345678))
        (i32.add (local.get 0) (i32.const 0x12345678))))))

(assert_return (invoke "twice" (i32.const 0x1) (i32.const 0x2)) (i32.const 0x91c35f65))
(assert_return (invoke "three" (i32.const 0x5)) (i32.const 0xe20b95e1))
(assert_return (invoke "call-between" (i32.const 0x7)) (i32.const 0xcc9f0bc0))
(assert_return (invoke "one-arm" (i32.const 0x7) (i32.const 0x0)) (i32.const 0xa9728941))
(assert_return (invoke "other-arm" (i32.const 0x7) (i32.const 0x0)) (i32.const 0xa708a7ae))
(assert_return (invoke "skipped" (i32.const 0x7) (i32.const 0x0)) (i32.const 0xe8361737))
(assert_return (invoke "one-arm" (i32.const 0x7) (i32.const 0x1)) (i32.const 0x52e51282))
(assert_return (invoke "other-arm" (i32.const 0x7) (i32.const 0x1)) (i32.const 0xfcf6dd18))
(assert_return (invoke "skipped" (i32.const 0x7) (i32.const 0x1)) (i32.const 0xa9728941))
(assert_return (invoke "loop" (i32.const 0x3) (i32.const 0x1)) (i32.const 0xe1075f9e))
(assert_return (invoke "loop" (i32.const 0x3) (i32.const 0xa)) (i32.const 0x2eca8400))
(assert_return (invoke "widths" (i32.const 0x3) (i64.const 0x5)) (i64.const 0x32f5e53b8))
(assert_return (invoke "sign" (i32.const 0x3) (i64.const 0x5)) (i64.const 0xfffffffe2f5e53b8))
(assert_return (invoke "wide" (i64.const 0x123456789abcdef)) (i64.const 0x93c91896921be29f))
(assert_return (invoke "every-operation" (i32.const 0xdeadbeef)) (i32.const 0x5263e057))
