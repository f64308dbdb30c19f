;; The matrix product that Hotfoot's prototype was made for.
;;
;; Three n×n matrices of f32 lie one after another from address 0: the left
;; factor, the right factor and the result. Every step of the innermost loop
;; loads and stores the element of the result. Memory starts as zeros, so the
;; product is zero; it is the work that counts. Three matrices of 200×200 fit.
;;
;;     hotfoot run examples/matmul.wat 200
(module $matmul
  (memory (export "memory") 8)
  ;; The size of an element in bytes.
  (global $size i32 (i32.const 4))

  (func $run (export "run") (param $order i64) (result i64)
    (local $n i32) (local $rhs i32) (local $result i32)
    (local $i i32) (local $j i32) (local $k i32)
    (local.set $n (i32.wrap_i64 (local.get $order)))
    (if (i32.eqz (local.get $n)) (then (return (i64.const 0))))
    ;; lhs is at address 0.
    (local.set $rhs (i32.mul (i32.mul (local.get $n) (local.get $n)) (global.get $size)))
    (local.set $result (i32.shl (local.get $rhs) (i32.const 1)))
    (loop $for_i
      (local.set $j (i32.const 0))
      (loop $for_j
        ;; result[i,j] = 0
        (f32.store
          (i32.add
            (local.get $result)
            (i32.mul
              (i32.add (i32.mul (local.get $i) (local.get $n)) (local.get $j))
              (global.get $size)))
          (f32.const 0))
        (local.set $k (i32.const 0))
        (loop $for_k
          ;; result[i,j] += lhs[i,k] * rhs[k,j]
          (f32.store
            (i32.add
              (local.get $result)
              (i32.mul
                (i32.add (i32.mul (local.get $i) (local.get $n)) (local.get $j))
                (global.get $size)))
            (f32.add
              (f32.load
                (i32.add
                  (local.get $result)
                  (i32.mul
                    (i32.add (i32.mul (local.get $i) (local.get $n)) (local.get $j))
                    (global.get $size))))
              (f32.mul
                (f32.load
                  (i32.mul
                    (i32.add (i32.mul (local.get $i) (local.get $n)) (local.get $k))
                    (global.get $size)))
                (f32.load
                  (i32.add
                    (local.get $rhs)
                    (i32.mul
                      (i32.add (i32.mul (local.get $k) (local.get $n)) (local.get $j))
                      (global.get $size)))))))
          (local.set $k (i32.add (local.get $k) (i32.const 1)))
          (br_if $for_k (i32.lt_u (local.get $k) (local.get $n))))
        (local.set $j (i32.add (local.get $j) (i32.const 1)))
        (br_if $for_j (i32.lt_u (local.get $j) (local.get $n))))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $for_i (i32.lt_u (local.get $i) (local.get $n))))
    (i64.const 0)))
