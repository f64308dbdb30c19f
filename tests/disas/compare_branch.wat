;; A comparison is fused with the branch that consumes it, and `eqz` inverts it.
(module
  (func $br_if (param i32 i32) (result i32)
    (block $taken
      (br_if $taken (i32.lt_s (local.get 0) (local.get 1)))
      (return (i32.const 1)))
    (i32.const 2))
  (func $br_if_not (param i32 i32) (result i32)
    (block $taken
      (br_if $taken (i32.eqz (i32.lt_s (local.get 0) (local.get 1))))
      (return (i32.const 1)))
    (i32.const 2))
  (func $if_zero (param i64) (result i32)
    (if (result i32) (i64.eqz (local.get 0)) (then (i32.const 1)) (else (i32.const 2))))
  (func $if_not_zero (param i32) (result i32)
    (if (result i32) (i32.eqz (i32.eqz (local.get 0))) (then (i32.const 1)) (else (i32.const 2))))
  (func $with_immediate (param i64) (result i32)
    (if (result i32) (i64.gt_u (local.get 0) (i64.const 100)) (then (i32.const 1)) (else (i32.const 2))))
  (func $bit_test (param i32) (result i32)
    (if (result i32) (i32.and (local.get 0) (i32.const 4)) (then (i32.const 1)) (else (i32.const 2))))
  (func $float_less (param f64 f64) (result i32)
    (if (result i32) (f64.lt (local.get 0) (local.get 1)) (then (i32.const 1)) (else (i32.const 2))))
  (func $float_not_less (param f64 f64) (result i32)
    (if (result i32) (i32.eqz (f64.lt (local.get 0) (local.get 1)))
      (then (i32.const 1)) (else (i32.const 2))))
  (func $float_equal (param f32 f32) (result i32)
    (if (result i32) (f32.eq (local.get 0) (local.get 1)) (then (i32.const 1)) (else (i32.const 2))))
  (func $value (param i32 i32) (result i32)
    (i32.ge_u (local.get 0) (local.get 1))))

;;; x86_64
;;
;; br_if (frame of 32)
;;                                           push rbp
;;                                           mov rbp, rsp
;;   block $taken
;;   local.get 0
;;   local.get 1
;;   i32.lt_s
;;   br_if $taken                            cmp edi, esi
;;                                           jl L0
;;   i32.const 1
;;   return                                  mov eax, 1
;;                                           pop rbp
;;                                           ret
;;                                       L0:
;;   i32.const 2
;;   end                                     mov eax, 2
;;                                           pop rbp
;;                                           ret
;;
;; br_if_not (frame of 32)
;;                                           push rbp
;;                                           mov rbp, rsp
;;   block $taken
;;   local.get 0
;;   local.get 1
;;   i32.lt_s
;;   i32.eqz
;;   br_if $taken                            cmp edi, esi
;;                                           jge L0
;;   i32.const 1
;;   return                                  mov eax, 1
;;                                           pop rbp
;;                                           ret
;;                                       L0:
;;   i32.const 2
;;   end                                     mov eax, 2
;;                                           pop rbp
;;                                           ret
;;
;; if_zero (frame of 32)
;;                                           push rbp
;;                                           mov rbp, rsp
;;   local.get 0
;;   i64.eqz
;;   if (result i32) ;; label = @1           test rdi, rdi
;;                                           jne L0
;;   i32.const 1
;;   else                                    mov esi, 1
;;                                           jmp L1
;;                                       L0:
;;   i32.const 2
;;   end                                     mov esi, 2
;;                                       L1:
;;   end                                     mov eax, esi
;;                                           pop rbp
;;                                           ret
;;
;; if_not_zero (frame of 32)
;;                                           push rbp
;;                                           mov rbp, rsp
;;   local.get 0
;;   i32.eqz
;;   i32.eqz
;;   if (result i32) ;; label = @1           test edi, edi
;;                                           je L0
;;   i32.const 1
;;   else                                    mov esi, 1
;;                                           jmp L1
;;                                       L0:
;;   i32.const 2
;;   end                                     mov esi, 2
;;                                       L1:
;;   end                                     mov eax, esi
;;                                           pop rbp
;;                                           ret
;;
;; with_immediate (frame of 32)
;;                                           push rbp
;;                                           mov rbp, rsp
;;   local.get 0
;;   i64.const 100
;;   i64.gt_u
;;   if (result i32) ;; label = @1           cmp rdi, 0x64
;;                                           jbe L0
;;   i32.const 1
;;   else                                    mov esi, 1
;;                                           jmp L1
;;                                       L0:
;;   i32.const 2
;;   end                                     mov esi, 2
;;                                       L1:
;;   end                                     mov eax, esi
;;                                           pop rbp
;;                                           ret
;;
;; bit_test (frame of 32)
;;                                           push rbp
;;                                           mov rbp, rsp
;;   local.get 0
;;   i32.const 4
;;   i32.and                                 and edi, 4
;;   if (result i32) ;; label = @1           je L0
;;   i32.const 1
;;   else                                    mov esi, 1
;;                                           jmp L1
;;                                       L0:
;;   i32.const 2
;;   end                                     mov esi, 2
;;                                       L1:
;;   end                                     mov eax, esi
;;                                           pop rbp
;;                                           ret
;;
;; float_less (frame of 32)
;;                                           push rbp
;;                                           mov rbp, rsp
;;   local.get 0
;;   local.get 1
;;   f64.lt
;;   if (result i32) ;; label = @1           ucomisd xmm1, xmm0
;;                                           jbe L0
;;   i32.const 1
;;   else                                    mov esi, 1
;;                                           jmp L1
;;                                       L0:
;;   i32.const 2
;;   end                                     mov esi, 2
;;                                       L1:
;;   end                                     mov eax, esi
;;                                           pop rbp
;;                                           ret
;;
;; float_not_less (frame of 32)
;;                                           push rbp
;;                                           mov rbp, rsp
;;   local.get 0
;;   local.get 1
;;   f64.lt
;;   i32.eqz
;;   if (result i32) ;; label = @1           ucomisd xmm1, xmm0
;;                                           ja L0
;;   i32.const 1
;;   else                                    mov esi, 1
;;                                           jmp L1
;;                                       L0:
;;   i32.const 2
;;   end                                     mov esi, 2
;;                                       L1:
;;   end                                     mov eax, esi
;;                                           pop rbp
;;                                           ret
;;
;; float_equal (frame of 32)
;;                                           push rbp
;;                                           mov rbp, rsp
;;   local.get 0
;;   local.get 1
;;   f32.eq
;;   if (result i32) ;; label = @1           ucomiss xmm0, xmm1
;;                                           jne L0
;;                                           jp L0
;;   i32.const 1
;;   else                                    mov esi, 1
;;                                           jmp L1
;;                                       L0:
;;   i32.const 2
;;   end                                     mov esi, 2
;;                                       L1:
;;   end                                     mov eax, esi
;;                                           pop rbp
;;                                           ret
;;
;; value (frame of 32)
;;                                           push rbp
;;                                           mov rbp, rsp
;;   local.get 0
;;   local.get 1
;;   i32.ge_u
;;   end                                     cmp edi, esi
;;                                           setae dil
;;                                           movzx edi, dil
;;                                           mov eax, edi
;;                                           pop rbp
;;                                           ret

;;; aarch64
;;
;; br_if (frame of 32)
;;                                           stp x29, x30, [sp, #-0x10]!
;;                                           mov x29, sp
;;                                           sub sp, sp, #0x20
;;   block $taken
;;   local.get 0
;;   local.get 1
;;   i32.lt_s
;;   br_if $taken                            cmp w0, w1
;;                                           b.lt L0
;;   i32.const 1
;;   return                                  mov w0, #0x1
;;                                           mov sp, x29
;;                                           ldp x29, x30, [sp], #0x10
;;                                           ret
;;                                       L0:
;;   i32.const 2
;;   end                                     mov w0, #0x2
;;                                           mov sp, x29
;;                                           ldp x29, x30, [sp], #0x10
;;                                           ret
;;
;; br_if_not (frame of 32)
;;                                           stp x29, x30, [sp, #-0x10]!
;;                                           mov x29, sp
;;                                           sub sp, sp, #0x20
;;   block $taken
;;   local.get 0
;;   local.get 1
;;   i32.lt_s
;;   i32.eqz
;;   br_if $taken                            cmp w0, w1
;;                                           b.ge L0
;;   i32.const 1
;;   return                                  mov w0, #0x1
;;                                           mov sp, x29
;;                                           ldp x29, x30, [sp], #0x10
;;                                           ret
;;                                       L0:
;;   i32.const 2
;;   end                                     mov w0, #0x2
;;                                           mov sp, x29
;;                                           ldp x29, x30, [sp], #0x10
;;                                           ret
;;
;; if_zero (frame of 32)
;;                                           stp x29, x30, [sp, #-0x10]!
;;                                           mov x29, sp
;;                                           sub sp, sp, #0x20
;;   local.get 0
;;   i64.eqz
;;   if (result i32) ;; label = @1           cbnz x0, L0
;;   i32.const 1
;;   else                                    mov w0, #0x1
;;                                           b L1
;;                                       L0:
;;   i32.const 2
;;   end                                     mov w0, #0x2
;;                                       L1:
;;   end                                     mov sp, x29
;;                                           ldp x29, x30, [sp], #0x10
;;                                           ret
;;
;; if_not_zero (frame of 32)
;;                                           stp x29, x30, [sp, #-0x10]!
;;                                           mov x29, sp
;;                                           sub sp, sp, #0x20
;;   local.get 0
;;   i32.eqz
;;   i32.eqz
;;   if (result i32) ;; label = @1           cbz w0, L0
;;   i32.const 1
;;   else                                    mov w0, #0x1
;;                                           b L1
;;                                       L0:
;;   i32.const 2
;;   end                                     mov w0, #0x2
;;                                       L1:
;;   end                                     mov sp, x29
;;                                           ldp x29, x30, [sp], #0x10
;;                                           ret
;;
;; with_immediate (frame of 32)
;;                                           stp x29, x30, [sp, #-0x10]!
;;                                           mov x29, sp
;;                                           sub sp, sp, #0x20
;;   local.get 0
;;   i64.const 100
;;   i64.gt_u
;;   if (result i32) ;; label = @1           cmp x0, #0x64
;;                                           b.ls L0
;;   i32.const 1
;;   else                                    mov w0, #0x1
;;                                           b L1
;;                                       L0:
;;   i32.const 2
;;   end                                     mov w0, #0x2
;;                                       L1:
;;   end                                     mov sp, x29
;;                                           ldp x29, x30, [sp], #0x10
;;                                           ret
;;
;; bit_test (frame of 32)
;;                                           stp x29, x30, [sp, #-0x10]!
;;                                           mov x29, sp
;;                                           sub sp, sp, #0x20
;;   local.get 0
;;   i32.const 4
;;   i32.and                                 and w0, w0, #0x4
;;   if (result i32) ;; label = @1           cbz w0, L0
;;   i32.const 1
;;   else                                    mov w0, #0x1
;;                                           b L1
;;                                       L0:
;;   i32.const 2
;;   end                                     mov w0, #0x2
;;                                       L1:
;;   end                                     mov sp, x29
;;                                           ldp x29, x30, [sp], #0x10
;;                                           ret
;;
;; float_less (frame of 32)
;;                                           stp x29, x30, [sp, #-0x10]!
;;                                           mov x29, sp
;;                                           sub sp, sp, #0x20
;;   local.get 0
;;   local.get 1
;;   f64.lt
;;   if (result i32) ;; label = @1           fcmp d0, d1
;;                                           b.pl L0
;;   i32.const 1
;;   else                                    mov w0, #0x1
;;                                           b L1
;;                                       L0:
;;   i32.const 2
;;   end                                     mov w0, #0x2
;;                                       L1:
;;   end                                     mov sp, x29
;;                                           ldp x29, x30, [sp], #0x10
;;                                           ret
;;
;; float_not_less (frame of 32)
;;                                           stp x29, x30, [sp, #-0x10]!
;;                                           mov x29, sp
;;                                           sub sp, sp, #0x20
;;   local.get 0
;;   local.get 1
;;   f64.lt
;;   i32.eqz
;;   if (result i32) ;; label = @1           fcmp d0, d1
;;                                           b.mi L0
;;   i32.const 1
;;   else                                    mov w0, #0x1
;;                                           b L1
;;                                       L0:
;;   i32.const 2
;;   end                                     mov w0, #0x2
;;                                       L1:
;;   end                                     mov sp, x29
;;                                           ldp x29, x30, [sp], #0x10
;;                                           ret
;;
;; float_equal (frame of 32)
;;                                           stp x29, x30, [sp, #-0x10]!
;;                                           mov x29, sp
;;                                           sub sp, sp, #0x20
;;   local.get 0
;;   local.get 1
;;   f32.eq
;;   if (result i32) ;; label = @1           fcmp s0, s1
;;                                           b.ne L0
;;   i32.const 1
;;   else                                    mov w0, #0x1
;;                                           b L1
;;                                       L0:
;;   i32.const 2
;;   end                                     mov w0, #0x2
;;                                       L1:
;;   end                                     mov sp, x29
;;                                           ldp x29, x30, [sp], #0x10
;;                                           ret
;;
;; value (frame of 32)
;;                                           stp x29, x30, [sp, #-0x10]!
;;                                           mov x29, sp
;;                                           sub sp, sp, #0x20
;;   local.get 0
;;   local.get 1
;;   i32.ge_u
;;   end                                     cmp w0, w1
;;                                           cset w0, hs
;;                                           mov sp, x29
;;                                           ldp x29, x30, [sp], #0x10
;;                                           ret
