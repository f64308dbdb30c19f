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

;;; x86_64
;;
;; run (frame of 128)
;;                                           push rbp
;;                                           mov rbp, rsp
;;                                           push rbx
;;                                           push r12
;;                                           mov qword ptr [rbp - 0x38], 0
;;   local.get $order
;;   i32.wrap_i64                            mov edi, edi
;;   local.set $n
;;   local.get $n
;;   i32.eqz
;;   if ;; label = @1                        test edi, edi
;;                                           jne L0
;;   i64.const 0
;;   return                                  xor eax, eax
;;                                           mov rbx, [rbp - 8]
;;                                           mov r12, [rbp - 0x10]
;;                                           leave
;;                                           ret
;;                                       L0:
;;   local.get $n
;;   local.get $n
;;   i32.mul                                 mov esi, edi
;;                                           imul esi, edi
;;   global.get $size
;;   i32.mul                                 shl esi, 2
;;   local.set $rhs
;;   local.get $rhs
;;   i32.const 1
;;   i32.shl                                 lea r8d, [rsi + rsi]
;;   local.set $result
;;   loop $for_i                             mov ebx, [rbp - 0x48]
;;                                           mov r9d, [rbp - 0x40]
;;                                           mov r10d, [rbp - 0x38]
;;                                           nop [rax]
;;                                       L1:
;;   i32.const 0
;;   local.set $j                            xor r9d, r9d  ; loop: local 6 in rbx, 2 in rsi, 1 in rdi, 3 in r8, 5 in r9, 4 in r10
;;   loop $for_j                             nop [rax + rax]
;;                                       L2:
;;   local.get $result
;;   local.get $i
;;   local.get $n
;;   i32.mul                                 mov eax, r10d  ; loop: local 6 in rbx, 2 in rsi, 1 in rdi, 3 in r8, 5 in r9, 4 in r10
;;                                           imul eax, edi
;;   local.get $j
;;   i32.add                                 add eax, r9d
;;   global.get $size
;;   i32.mul                                 shl eax, 2
;;   i32.add                                 add eax, r8d
;;   f32.const 0x0p+0 (;=0;)
;;   f32.store                               xorps xmm0, xmm0
;;                                           movss [r14 + rax], xmm0
;;   i32.const 0
;;   local.set $k                            xor ebx, ebx
;;   loop $for_k                             nop [rax + rax]
;;                                       L3:
;;   local.get $result
;;   local.get $i
;;   local.get $n
;;   i32.mul                                 mov eax, r10d  ; loop: local 6 in rbx, 2 in rsi, 1 in rdi, 3 in r8, 5 in r9, 4 in r10
;;                                           imul eax, edi
;;   local.get $j
;;   i32.add                                 add eax, r9d
;;   global.get $size
;;   i32.mul                                 shl eax, 2
;;   i32.add                                 add eax, r8d
;;   local.get $result
;;   local.get $i
;;   local.get $n
;;   i32.mul                                 mov ecx, r10d
;;                                           imul ecx, edi
;;   local.get $j
;;   i32.add                                 add ecx, r9d
;;   global.get $size
;;   i32.mul                                 shl ecx, 2
;;   i32.add                                 add ecx, r8d
;;   f32.load                                movss xmm0, [r14 + rcx]
;;   local.get $i
;;   local.get $n
;;   i32.mul                                 mov ecx, r10d
;;                                           imul ecx, edi
;;   local.get $k
;;   i32.add                                 add ecx, ebx
;;   global.get $size
;;   i32.mul                                 shl ecx, 2
;;   f32.load                                movss xmm1, [r14 + rcx]
;;   local.get $rhs
;;   local.get $k
;;   local.get $n
;;   i32.mul                                 mov ecx, ebx
;;                                           imul ecx, edi
;;   local.get $j
;;   i32.add                                 add ecx, r9d
;;   global.get $size
;;   i32.mul                                 shl ecx, 2
;;   i32.add                                 add ecx, esi
;;   f32.load
;;   f32.mul                                 mulss xmm1, [r14 + rcx]
;;   f32.add                                 addss xmm0, xmm1
;;   f32.store                               movss [r14 + rax], xmm0
;;   local.get $k
;;   i32.const 1
;;   i32.add                                 inc ebx
;;   local.set $k
;;   local.get $k
;;   local.get $n
;;   i32.lt_u
;;   br_if $for_k                            cmp ebx, edi
;;                                           jb L3
;;   end
;;   local.get $j
;;   i32.const 1
;;   i32.add                                 inc r9d
;;   local.set $j
;;   local.get $j
;;   local.get $n
;;   i32.lt_u
;;   br_if $for_j                            cmp r9d, edi
;;                                           jb L2
;;   end
;;   local.get $i
;;   i32.const 1
;;   i32.add                                 inc r10d
;;   local.set $i
;;   local.get $i
;;   local.get $n
;;   i32.lt_u
;;   br_if $for_i                            cmp r10d, edi
;;                                           jb L1
;;   end
;;   i64.const 0
;;   end                                     xor eax, eax
;;                                           mov rbx, [rbp - 8]
;;                                           mov r12, [rbp - 0x10]
;;                                           leave
;;                                           ret

;;; aarch64
;;
;; run (frame of 112)
;;                                           stp x29, x30, [sp, #-0x10]!
;;                                           mov x29, sp
;;                                           sub sp, sp, #0x70
;;                                           stur xzr, [x29, #-0x28]
;;   local.get $order
;;   i32.wrap_i64                            mov w0, w0
;;   local.set $n
;;   local.get $n
;;   i32.eqz
;;   if ;; label = @1                        cbnz w0, L0
;;   i64.const 0
;;   return                                  mov w0, #0x0
;;                                           mov sp, x29
;;                                           ldp x29, x30, [sp], #0x10
;;                                           ret
;;                                       L0:
;;   local.get $n
;;   local.get $n
;;   i32.mul                                 mul w1, w0, w0
;;   global.get $size
;;   i32.mul                                 lsl w1, w1, #0x2
;;   local.set $rhs
;;   local.get $rhs
;;   i32.const 1
;;   i32.shl                                 lsl w2, w1, #0x1
;;   local.set $result
;;   loop $for_i                             ldur w3, [x29, #-0x38]
;;                                           ldur w4, [x29, #-0x30]
;;                                           ldur w5, [x29, #-0x28]
;;                                       L1:
;;   i32.const 0
;;   local.set $j                            mov w4, #0x0  ; loop: local 1 in x0, 2 in x1, 3 in x2, 6 in x3, 5 in x4, 4 in x5
;;   loop $for_j                             nop
;;                                           nop
;;                                           nop
;;                                       L2:
;;   local.get $result
;;   local.get $i
;;   local.get $n
;;   i32.mul
;;   local.get $j
;;   i32.add                                 madd w6, w5, w0, w4  ; loop: local 1 in x0, 2 in x1, 3 in x2, 6 in x3, 5 in x4, 4 in x5
;;   global.get $size
;;   i32.mul
;;   i32.add                                 add w6, w2, w6, lsl #2
;;   f32.const 0x0p+0 (;=0;)
;;   f32.store                               movi v0.2d, #0x0
;;                                           str s0, [x27, w6, uxtw]
;;   i32.const 0
;;   local.set $k                            mov w3, #0x0
;;   loop $for_k                             nop
;;                                           nop
;;                                           nop
;;                                       L3:
;;   local.get $result
;;   local.get $i
;;   local.get $n
;;   i32.mul
;;   local.get $j
;;   i32.add                                 madd w6, w5, w0, w4  ; loop: local 1 in x0, 2 in x1, 3 in x2, 6 in x3, 5 in x4, 4 in x5
;;   global.get $size
;;   i32.mul
;;   i32.add                                 add w6, w2, w6, lsl #2
;;   local.get $result
;;   local.get $i
;;   local.get $n
;;   i32.mul
;;   local.get $j
;;   i32.add                                 madd w7, w5, w0, w4
;;   global.get $size
;;   i32.mul
;;   i32.add                                 add w7, w2, w7, lsl #2
;;   f32.load                                ldr s0, [x27, w7, uxtw]
;;   local.get $i
;;   local.get $n
;;   i32.mul
;;   local.get $k
;;   i32.add                                 madd w7, w5, w0, w3
;;   global.get $size
;;   i32.mul                                 lsl w7, w7, #0x2
;;   f32.load                                ldr s1, [x27, w7, uxtw]
;;   local.get $rhs
;;   local.get $k
;;   local.get $n
;;   i32.mul
;;   local.get $j
;;   i32.add                                 madd w7, w3, w0, w4
;;   global.get $size
;;   i32.mul
;;   i32.add                                 add w7, w1, w7, lsl #2
;;   f32.load                                ldr s2, [x27, w7, uxtw]
;;   f32.mul                                 fmul s1, s1, s2
;;   f32.add                                 fadd s0, s0, s1
;;   f32.store                               str s0, [x27, w6, uxtw]
;;   local.get $k
;;   i32.const 1
;;   i32.add                                 add w3, w3, #0x1
;;   local.set $k
;;   local.get $k
;;   local.get $n
;;   i32.lt_u
;;   br_if $for_k                            cmp w3, w0
;;                                           b.lo L3
;;   end
;;   local.get $j
;;   i32.const 1
;;   i32.add                                 add w4, w4, #0x1
;;   local.set $j
;;   local.get $j
;;   local.get $n
;;   i32.lt_u
;;   br_if $for_j                            cmp w4, w0
;;                                           b.lo L2
;;   end
;;   local.get $i
;;   i32.const 1
;;   i32.add                                 add w5, w5, #0x1
;;   local.set $i
;;   local.get $i
;;   local.get $n
;;   i32.lt_u
;;   br_if $for_i                            cmp w5, w0
;;                                           b.lo L1
;;   end
;;   i64.const 0
;;   end                                     mov w0, #0x0
;;                                           mov sp, x29
;;                                           ldp x29, x30, [sp], #0x10
;;                                           ret
