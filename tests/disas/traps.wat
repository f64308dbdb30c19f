;; A check is one branch that is not taken, to a stub behind the function that
;; traps; each place that may trap has a stub of its own.
(module
  (type $unary (func (param i32) (result i32)))
  (table 4 funcref)
  (func $divide (param i32 i32) (result i32) (i32.div_s (local.get 0) (local.get 1)))
  (func $remainder (param i64 i64) (result i64) (i64.rem_s (local.get 0) (local.get 1)))
  (func $divide_twice (param i32 i32 i32) (result i32)
    (i32.div_u (i32.div_u (local.get 0) (local.get 1)) (local.get 2)))
  (func $divide_by_constant (param i32) (result i32) (i32.div_s (local.get 0) (i32.const 10)))
  (func $truncate (param f64) (result i32) (i32.trunc_f64_s (local.get 0)))
  (func $saturate (param f32) (result i64) (i64.trunc_sat_f32_u (local.get 0)))
  (func $unreachable (param i32)
    (if (local.get 0) (then (unreachable))))
  (func $indirect (param i32 i32) (result i32)
    (call_indirect (type $unary) (local.get 0) (local.get 1))))

;;; x86_64
;;
;; divide (frame of 32)
;;                                           push rbp
;;                                           mov rbp, rsp
;;   local.get 0
;;   local.get 1
;;   i32.div_s                               mov eax, edi
;;                                           test esi, esi
;;                                           je L1
;;                                           cmp esi, -1
;;                                           jne L0
;;                                           cmp eax, 1
;;                                           jo L2
;;                                       L0:
;;                                           cdq
;;                                           idiv esi
;;   end                                     pop rbp
;;                                           ret
;;                                       L1:
;;                                           ud2  ; trap: integer divide by zero
;;                                       L2:
;;                                           ud2  ; trap: integer overflow
;;
;; remainder (frame of 32)
;;                                           push rbp
;;                                           mov rbp, rsp
;;   local.get 0
;;   local.get 1
;;   i64.rem_s                               mov rax, rdi
;;                                           test rsi, rsi
;;                                           je L1
;;                                           cmp rsi, -1
;;                                           jne L0
;;                                           xor eax, eax
;;                                       L0:
;;                                           cqo
;;                                           idiv rsi
;;   end                                     mov rax, rdx
;;                                           pop rbp
;;                                           ret
;;                                       L1:
;;                                           ud2  ; trap: integer divide by zero
;;
;; divide_twice (frame of 48)
;;                                           push rbp
;;                                           mov rbp, rsp
;;   local.get 0
;;   local.get 1
;;   i32.div_u                               mov r8d, edx
;;                                           mov eax, edi
;;                                           test esi, esi
;;                                           je L0
;;                                           xor edx, edx
;;                                           div esi
;;   local.get 2
;;   i32.div_u                               test r8d, r8d
;;                                           je L1
;;                                           xor edx, edx
;;                                           div r8d
;;   end                                     pop rbp
;;                                           ret
;;                                       L0:
;;                                           ud2  ; trap: integer divide by zero
;;                                       L1:
;;                                           ud2  ; trap: integer divide by zero
;;
;; divide_by_constant (frame of 32)
;;                                           push rbp
;;                                           mov rbp, rsp
;;   local.get 0
;;   i32.const 10
;;   i32.div_s                               mov eax, edi
;;                                           mov esi, 0xa
;;                                           cdq
;;                                           idiv esi
;;   end                                     pop rbp
;;                                           ret
;;
;; truncate (frame of 32)
;;                                           push rbp
;;                                           mov rbp, rsp
;;   local.get 0
;;   i32.trunc_f64_s                         cvttsd2si rax, xmm0
;;                                           movsxd r11, eax
;;                                           cmp r11, rax
;;                                           je L0
;;                                           ucomisd xmm0, xmm0
;;                                           jp L1
;;                                           jmp L2
;;                                       L0:
;;                                           mov eax, eax
;;   end                                     pop rbp
;;                                           ret
;;                                       L1:
;;                                           ud2  ; trap: invalid conversion to integer
;;                                       L2:
;;                                           ud2  ; trap: integer overflow
;;
;; saturate (frame of 32)
;;                                           push rbp
;;                                           mov rbp, rsp
;;   local.get 0
;;   i64.trunc_sat_f32_u                     cvttss2si rax, xmm0
;;                                           test rax, rax
;;                                           jns L1
;;                                           mov r11d, -0x21000000
;;                                           movd xmm15, r11d
;;                                           addss xmm15, xmm0
;;                                           cvttss2si rax, xmm15
;;                                           test rax, rax
;;                                           jns L0
;;                                           xorps xmm15, xmm15
;;                                           ucomiss xmm0, xmm15
;;                                           mov rax, -1
;;                                           ja L1
;;                                           xor eax, eax
;;                                           jmp L1
;;                                       L0:
;;                                           mov r11, -0x8000000000000000
;;                                           or rax, r11
;;                                       L1:
;;   end                                     pop rbp
;;                                           ret
;;
;; unreachable (frame of 32)
;;                                           push rbp
;;                                           mov rbp, rsp
;;   local.get 0
;;   if ;; label = @1                        test edi, edi
;;                                           je L0
;;   unreachable                             ud2  ; trap: unreachable
;;                                       L0:
;;   end                                     pop rbp
;;                                           ret
;;
;; indirect (frame of 48)
;;                                           push rbp
;;                                           mov rbp, rsp
;;                                           sub rsp, 0x30
;;                                           mov r11, [r15]
;;                                           cmp rsp, [r11]
;;                                           jb L1
;;                                           mov [rbp - 8], r15
;;   local.get 0
;;   local.get 1
;;   call_indirect (type $unary)             mov r11, [r15 + 0x40]
;;                                           cmp rsi, [r11 + 8]
;;                                           jae L2
;;                                           mov r11, [r11]
;;                                           mov rsi, [r11 + rsi*8]
;;                                           test rsi, rsi
;;                                           je L3
;;                                           mov r11, [r15 + 0x18]
;;                                           mov r11d, [r11]
;;                                           cmp r11d, [rsi + 0x10]
;;                                           jne L4
;;                                           mov r10, rsi
;;                                           cmp [r10 + 8], r15
;;                                           jne L5
;;                                           call qword ptr [r10]
;;                                       L0:
;;   end                                     leave
;;                                           ret
;;                                       L1:
;;                                           ud2  ; trap: call stack exhausted
;;                                       L2:
;;                                           ud2  ; trap: undefined element
;;                                       L3:
;;                                           ud2  ; trap: uninitialized element
;;                                       L4:
;;                                           ud2  ; trap: indirect call type mismatch
;;                                       L5:
;;                                           mov r11, r10
;;                                           mov r10, r15
;;                                           mov r15, [r11 + 8]
;;                                           mov r14, [r15 + 0x10]
;;                                           mov r14, [r14]
;;                                           call qword ptr [r11]
;;                                           mov r15, [rbp - 8]
;;                                           mov r14, [r15 + 0x10]
;;                                           mov r14, [r14]
;;                                           jmp L0

;;; aarch64
;;
;; divide (frame of 32)
;;                                           stp x29, x30, [sp, #-0x10]!
;;                                           mov x29, sp
;;                                           sub sp, sp, #0x20
;;   local.get 0
;;   local.get 1
;;   i32.div_s                               cbz w1, L0
;;                                           cmn w1, #0x1
;;                                           ccmp w0, #0x1, #0x0, eq
;;                                           b.vs L1
;;                                           sdiv w0, w0, w1
;;   end                                     mov sp, x29
;;                                           ldp x29, x30, [sp], #0x10
;;                                           ret
;;                                       L0:
;;                                           udf #7  ; trap: integer divide by zero
;;                                       L1:
;;                                           udf #6  ; trap: integer overflow
;;
;; remainder (frame of 32)
;;                                           stp x29, x30, [sp, #-0x10]!
;;                                           mov x29, sp
;;                                           sub sp, sp, #0x20
;;   local.get 0
;;   local.get 1
;;   i64.rem_s                               cbz x1, L0
;;                                           sdiv x17, x0, x1
;;                                           msub x0, x17, x1, x0
;;   end                                     mov sp, x29
;;                                           ldp x29, x30, [sp], #0x10
;;                                           ret
;;                                       L0:
;;                                           udf #7  ; trap: integer divide by zero
;;
;; divide_twice (frame of 48)
;;                                           stp x29, x30, [sp, #-0x10]!
;;                                           mov x29, sp
;;                                           sub sp, sp, #0x30
;;   local.get 0
;;   local.get 1
;;   i32.div_u                               cbz w1, L0
;;                                           udiv w0, w0, w1
;;   local.get 2
;;   i32.div_u                               cbz w2, L1
;;                                           udiv w0, w0, w2
;;   end                                     mov sp, x29
;;                                           ldp x29, x30, [sp], #0x10
;;                                           ret
;;                                       L0:
;;                                           udf #7  ; trap: integer divide by zero
;;                                       L1:
;;                                           udf #7  ; trap: integer divide by zero
;;
;; divide_by_constant (frame of 32)
;;                                           stp x29, x30, [sp, #-0x10]!
;;                                           mov x29, sp
;;                                           sub sp, sp, #0x20
;;   local.get 0
;;   i32.const 10
;;   i32.div_s                               mov w1, #0xa
;;                                           sdiv w0, w0, w1
;;   end                                     mov sp, x29
;;                                           ldp x29, x30, [sp], #0x10
;;                                           ret
;;
;; truncate (frame of 32)
;;                                           stp x29, x30, [sp, #-0x10]!
;;                                           mov x29, sp
;;                                           sub sp, sp, #0x20
;;   local.get 0
;;   i32.trunc_f64_s                         fcmp d0, d0
;;                                           b.vs L0
;;                                           fcvtzs x17, d0
;;                                           cmp x17, w17, sxtw
;;                                           b.ne L1
;;                                           mov w0, w17
;;   end                                     mov sp, x29
;;                                           ldp x29, x30, [sp], #0x10
;;                                           ret
;;                                       L0:
;;                                           udf #8  ; trap: invalid conversion to integer
;;                                       L1:
;;                                           udf #6  ; trap: integer overflow
;;
;; saturate (frame of 32)
;;                                           stp x29, x30, [sp, #-0x10]!
;;                                           mov x29, sp
;;                                           sub sp, sp, #0x20
;;   local.get 0
;;   i64.trunc_sat_f32_u                     fcvtzu x0, s0
;;   end                                     mov sp, x29
;;                                           ldp x29, x30, [sp], #0x10
;;                                           ret
;;
;; unreachable (frame of 32)
;;                                           stp x29, x30, [sp, #-0x10]!
;;                                           mov x29, sp
;;                                           sub sp, sp, #0x20
;;   local.get 0
;;   if ;; label = @1                        cbz w0, L0
;;   unreachable                             udf #0  ; trap: unreachable
;;                                       L0:
;;   end                                     mov sp, x29
;;                                           ldp x29, x30, [sp], #0x10
;;                                           ret
;;
;; indirect (frame of 48)
;;                                           stp x29, x30, [sp, #-0x10]!
;;                                           mov x29, sp
;;                                           sub sp, sp, #0x30
;;                                           ldr x16, [x28]
;;                                           ldr x16, [x16]
;;                                           cmp sp, x16
;;                                           b.lo L1
;;                                           stur x28, [x29, #-0x8]
;;   local.get 0
;;   local.get 1
;;   call_indirect (type $unary)             ldr x16, [x28, #0x40]
;;                                           ldr x16, [x16, #0x8]
;;                                           cmp x16, w1
;;                                           b.ls L2
;;                                           ldr x16, [x28, #0x40]
;;                                           ldr x16, [x16]
;;                                           ldr x1, [x16, w1, uxtw #3]
;;                                           cbz x1, L3
;;                                           ldr x17, [x28, #0x18]
;;                                           ldr w17, [x17]
;;                                           ldr w16, [x1, #0x10]
;;                                           cmp w16, w17
;;                                           b.ne L4
;;                                           mov x9, x1
;;                                           ldp x16, x17, [x9]
;;                                           cmp x17, x28
;;                                           b.ne L5
;;                                           blr x16
;;                                       L0:
;;   end                                     mov sp, x29
;;                                           ldp x29, x30, [sp], #0x10
;;                                           ret
;;                                       L1:
;;                                           udf #9  ; trap: call stack exhausted
;;                                       L2:
;;                                           udf #3  ; trap: undefined element
;;                                       L3:
;;                                           udf #4  ; trap: uninitialized element
;;                                       L4:
;;                                           udf #5  ; trap: indirect call type mismatch
;;                                       L5:
;;                                           mov x17, x9
;;                                           ldr x16, [x17]
;;                                           mov x9, x28
;;                                           ldr x28, [x17, #0x8]
;;                                           ldr x27, [x28, #0x10]
;;                                           ldr x27, [x27]
;;                                           blr x16
;;                                           ldur x28, [x29, #-0x8]
;;                                           ldr x27, [x28, #0x10]
;;                                           ldr x27, [x27]
;;                                           b L0
