;; Bodies that need more of a frame than code that is made in one pass takes them to
;; need: many operands at once, many arguments and many results, in bodies of a few
;; bytes. All of it is used, with a caller's values beside it that must stay.
(module
  ;; Uses the stack below its caller's frame.
  (func $clobber (param i64) (local i64 i64 i64 i64 i64 i64 i64 i64)
    (if (i64.ne (local.get 0) (i64.const 0))
      (then (call $clobber (i64.const 0)))))
  (func $operands (export "operands") (param $x i64) (result i64)
    (i64.mul (local.get $x) (i64.const 1))
    (i64.mul (local.get $x) (i64.const 2))
    (i64.mul (local.get $x) (i64.const 3))
    (i64.mul (local.get $x) (i64.const 4))
    (i64.mul (local.get $x) (i64.const 5))
    (i64.mul (local.get $x) (i64.const 6))
    (i64.mul (local.get $x) (i64.const 7))
    (i64.mul (local.get $x) (i64.const 8))
    (i64.mul (local.get $x) (i64.const 9))
    (i64.mul (local.get $x) (i64.const 10))
    (i64.mul (local.get $x) (i64.const 11))
    (i64.mul (local.get $x) (i64.const 12))
    (i64.mul (local.get $x) (i64.const 13))
    (i64.mul (local.get $x) (i64.const 14))
    (i64.mul (local.get $x) (i64.const 15))
    (i64.mul (local.get $x) (i64.const 16))
    (i64.mul (local.get $x) (i64.const 17))
    (i64.mul (local.get $x) (i64.const 18))
    (i64.mul (local.get $x) (i64.const 19))
    (i64.mul (local.get $x) (i64.const 20))
    (i64.mul (local.get $x) (i64.const 21))
    (i64.mul (local.get $x) (i64.const 22))
    (i64.mul (local.get $x) (i64.const 23))
    (i64.mul (local.get $x) (i64.const 24))
    (i64.mul (local.get $x) (i64.const 25))
    (i64.mul (local.get $x) (i64.const 26))
    (i64.mul (local.get $x) (i64.const 27))
    (i64.mul (local.get $x) (i64.const 28))
    (i64.mul (local.get $x) (i64.const 29))
    (i64.mul (local.get $x) (i64.const 30))
    (i64.mul (local.get $x) (i64.const 31))
    (i64.mul (local.get $x) (i64.const 32))
    (i64.mul (local.get $x) (i64.const 33))
    (i64.mul (local.get $x) (i64.const 34))
    (i64.mul (local.get $x) (i64.const 35))
    (i64.mul (local.get $x) (i64.const 36))
    (i64.mul (local.get $x) (i64.const 37))
    (i64.mul (local.get $x) (i64.const 38))
    (i64.mul (local.get $x) (i64.const 39))
    (i64.mul (local.get $x) (i64.const 40))
    (call $clobber (local.get $x))
    i64.add i64.add i64.add i64.add i64.add i64.add i64.add i64.add i64.add i64.add i64.add i64.add i64.add i64.add i64.add i64.add i64.add i64.add i64.add i64.add i64.add i64.add i64.add i64.add i64.add i64.add i64.add i64.add i64.add i64.add i64.add i64.add i64.add i64.add i64.add i64.add i64.add i64.add i64.add)
  (func $many
    (param
          f64 f64 f64 f64 f64 f64 f64 f64 f64 f64 f64 f64 i64 i64 i64 i64 i64 i64 i64 i64 i64
    i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64
    i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64)
    (result i64 f64)
    (i64.mul (i64.const 1) (local.get 12)) (i64.mul (i64.const 2) (local.get 13)) (i64.mul
    (i64.const 3) (local.get 14)) (i64.mul (i64.const 4) (local.get 15)) (i64.mul (i64.const 5)
    (local.get 16)) (i64.mul (i64.const 6) (local.get 17)) (i64.mul (i64.const 7) (local.get
    18)) (i64.mul (i64.const 8) (local.get 19)) (i64.mul (i64.const 9) (local.get 20)) (i64.mul
    (i64.const 10) (local.get 21)) (i64.mul (i64.const 11) (local.get 22)) (i64.mul (i64.const
    12) (local.get 23)) (i64.mul (i64.const 13) (local.get 24)) (i64.mul (i64.const 14)
    (local.get 25)) (i64.mul (i64.const 15) (local.get 26)) (i64.mul (i64.const 16) (local.get
    27)) (i64.mul (i64.const 17) (local.get 28)) (i64.mul (i64.const 18) (local.get 29))
    (i64.mul (i64.const 19) (local.get 30)) (i64.mul (i64.const 20) (local.get 31)) (i64.mul
    (i64.const 21) (local.get 32)) (i64.mul (i64.const 22) (local.get 33)) (i64.mul (i64.const
    23) (local.get 34)) (i64.mul (i64.const 24) (local.get 35)) (i64.mul (i64.const 25)
    (local.get 36)) (i64.mul (i64.const 26) (local.get 37)) (i64.mul (i64.const 27) (local.get
    38)) (i64.mul (i64.const 28) (local.get 39)) (i64.mul (i64.const 29) (local.get 40))
    (i64.mul (i64.const 30) (local.get 41)) (i64.mul (i64.const 31) (local.get 42)) (i64.mul
    (i64.const 32) (local.get 43)) (i64.mul (i64.const 33) (local.get 44)) (i64.mul (i64.const
    34) (local.get 45)) (i64.mul (i64.const 35) (local.get 46)) (i64.mul (i64.const 36)
    (local.get 47)) (i64.mul (i64.const 37) (local.get 48)) (i64.mul (i64.const 38) (local.get
    49)) (i64.mul (i64.const 39) (local.get 50)) (i64.mul (i64.const 40) (local.get 51))
    (i64.mul (i64.const 41) (local.get 52)) (i64.mul (i64.const 42) (local.get 53)) (i64.mul
    (i64.const 43) (local.get 54)) (i64.mul (i64.const 44) (local.get 55))     i64.add i64.add
    i64.add i64.add i64.add i64.add i64.add i64.add i64.add i64.add i64.add i64.add i64.add
    i64.add i64.add i64.add i64.add i64.add i64.add i64.add i64.add i64.add i64.add i64.add
    i64.add i64.add i64.add i64.add i64.add i64.add i64.add i64.add i64.add i64.add i64.add
    i64.add i64.add i64.add i64.add i64.add i64.add i64.add i64.add
    (f64.mul (f64.const 1) (local.get 0)) (f64.mul (f64.const 2) (local.get 1)) (f64.mul
    (f64.const 3) (local.get 2)) (f64.mul (f64.const 4) (local.get 3)) (f64.mul (f64.const 5)
    (local.get 4)) (f64.mul (f64.const 6) (local.get 5)) (f64.mul (f64.const 7) (local.get 6))
    (f64.mul (f64.const 8) (local.get 7)) (f64.mul (f64.const 9) (local.get 8)) (f64.mul
    (f64.const 10) (local.get 9)) (f64.mul (f64.const 11) (local.get 10)) (f64.mul (f64.const
    12) (local.get 11))     f64.add f64.add f64.add f64.add f64.add f64.add f64.add f64.add
    f64.add f64.add f64.add)
  (func $arguments (export "arguments") (param i64 f64) (result i64 f64) (local $f f64)
    (i64.mul (local.get 0) (i64.const 100)) (i64.mul (local.get 0) (i64.const 101)) (i64.mul
    (local.get 0) (i64.const 102)) (i64.mul (local.get 0) (i64.const 103)) (i64.mul (local.get
    0) (i64.const 104)) (i64.mul (local.get 0) (i64.const 105)) (i64.mul (local.get 0)
    (i64.const 106)) (i64.mul (local.get 0) (i64.const 107)) (i64.mul (local.get 0) (i64.const
    108)) (i64.mul (local.get 0) (i64.const 109)) (i64.mul (local.get 0) (i64.const 110))
    (i64.mul (local.get 0) (i64.const 111))
    (f64.mul (local.get 1) (f64.const 20)) (f64.mul (local.get 1) (f64.const 21)) (f64.mul
    (local.get 1) (f64.const 22)) (f64.mul (local.get 1) (f64.const 23)) (f64.mul (local.get 1)
    (f64.const 24)) (f64.mul (local.get 1) (f64.const 25)) (f64.mul (local.get 1) (f64.const
    26)) (f64.mul (local.get 1) (f64.const 27)) (f64.mul (local.get 1) (f64.const 28)) (f64.mul
    (local.get 1) (f64.const 29)) (f64.mul (local.get 1) (f64.const 30)) (f64.mul (local.get 1)
    (f64.const 31))     (i64.mul (local.get 0) (i64.const 50)) (i64.mul (local.get 0) (i64.const
    51)) (i64.mul (local.get 0) (i64.const 52)) (i64.mul (local.get 0) (i64.const 53)) (i64.mul
    (local.get 0) (i64.const 54)) (i64.mul (local.get 0) (i64.const 55)) (i64.mul (local.get 0)
    (i64.const 56)) (i64.mul (local.get 0) (i64.const 57)) (i64.mul (local.get 0) (i64.const
    58)) (i64.mul (local.get 0) (i64.const 59)) (i64.mul (local.get 0) (i64.const 60)) (i64.mul
    (local.get 0) (i64.const 61)) (i64.mul (local.get 0) (i64.const 62)) (i64.mul (local.get 0)
    (i64.const 63)) (i64.mul (local.get 0) (i64.const 64)) (i64.mul (local.get 0) (i64.const
    65)) (i64.mul (local.get 0) (i64.const 66)) (i64.mul (local.get 0) (i64.const 67)) (i64.mul
    (local.get 0) (i64.const 68)) (i64.mul (local.get 0) (i64.const 69)) (i64.mul (local.get 0)
    (i64.const 70)) (i64.mul (local.get 0) (i64.const 71)) (i64.mul (local.get 0) (i64.const
    72)) (i64.mul (local.get 0) (i64.const 73)) (i64.mul (local.get 0) (i64.const 74)) (i64.mul
    (local.get 0) (i64.const 75)) (i64.mul (local.get 0) (i64.const 76)) (i64.mul (local.get 0)
    (i64.const 77)) (i64.mul (local.get 0) (i64.const 78)) (i64.mul (local.get 0) (i64.const
    79)) (i64.mul (local.get 0) (i64.const 80)) (i64.mul (local.get 0) (i64.const 81)) (i64.mul
    (local.get 0) (i64.const 82)) (i64.mul (local.get 0) (i64.const 83)) (i64.mul (local.get 0)
    (i64.const 84)) (i64.mul (local.get 0) (i64.const 85)) (i64.mul (local.get 0) (i64.const
    86)) (i64.mul (local.get 0) (i64.const 87)) (i64.mul (local.get 0) (i64.const 88)) (i64.mul
    (local.get 0) (i64.const 89)) (i64.mul (local.get 0) (i64.const 90)) (i64.mul (local.get 0)
    (i64.const 91)) (i64.mul (local.get 0) (i64.const 92)) (i64.mul (local.get 0) (i64.const
    93))
    (call $many)
    (local.set $f)
    i64.add i64.add i64.add i64.add i64.add i64.add i64.add i64.add i64.add i64.add i64.add
    i64.add
    (local.get $f))
  (func $gives (param i32) (result i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32)
    (i32.add (local.get 0) (i32.const 0)) (i32.add (local.get 0) (i32.const 1)) (i32.add (local.get 0) (i32.const 2)) (i32.add (local.get 0) (i32.const 3)) (i32.add (local.get 0) (i32.const 4)) (i32.add (local.get 0) (i32.const 5)) (i32.add (local.get 0) (i32.const 6)) (i32.add (local.get 0) (i32.const 7)) (i32.add (local.get 0) (i32.const 8)) (i32.add (local.get 0) (i32.const 9)) (i32.add (local.get 0) (i32.const 10)) (i32.add (local.get 0) (i32.const 11)) (i32.add (local.get 0) (i32.const 12)) (i32.add (local.get 0) (i32.const 13)) (i32.add (local.get 0) (i32.const 14)) (i32.add (local.get 0) (i32.const 15)) (i32.add (local.get 0) (i32.const 16)) (i32.add (local.get 0) (i32.const 17)) (i32.add (local.get 0) (i32.const 18)) (i32.add (local.get 0) (i32.const 19)))
  (func $results (export "results") (param i32) (result i32)
    (call $gives (local.get 0)) i32.sub i32.sub i32.sub i32.sub i32.sub i32.sub i32.sub i32.sub i32.sub i32.sub i32.sub i32.sub i32.sub i32.sub i32.sub i32.sub i32.sub i32.sub i32.sub)
  ;; In a loop that turns often enough to go on elsewhere, with operands below.
  (func (export "again") (param $n i32) (result i64) (local $sum i64)
    (local.get $sum)
    (loop $turn (param i64) (result i64)
      (call $operands (i64.extend_i32_u (local.get $n)))
      (i64.extend_i32_u (call $results (local.get $n)))
      (call $arguments (i64.const 1) (f64.const 1))
      (i64.trunc_f64_s)
      (i64.add) (i64.add) (i64.add) (i64.add)
      (local.set $n (i32.sub (local.get $n) (i32.const 1)))
      (br_if $turn (local.get $n))))
  ;; The frame of a caller with locals and operands on both sides of the call.
  (func (export "between") (param $a i64) (param $b i64) (result i64 i64 i64 i64) (local $c i64)
    (local.set $c (i64.sub (local.get $a) (local.get $b)))
    (i64.add (local.get $a) (local.get $b))
    (call $operands (local.get $b))
    (local.get $c)
    (local.get $a)))

(assert_return (invoke "operands" (i64.const 3)) (i64.const 2460))
(assert_return (invoke "arguments" (i64.const 7) (f64.const 0.5)) (i64.const 554022) (f64.const 1066.0))
(assert_return (invoke "results" (i32.const 5)) (i32.const -10))
(assert_return (invoke "again" (i32.const 1)) (i64.const 4295049384))
(assert_return (invoke "again" (i32.const 3000)) (i64.const 12888836922000))
(assert_return (invoke "between" (i64.const 100) (i64.const 9))
  (i64.const 109) (i64.const 7380) (i64.const 91) (i64.const 100))
