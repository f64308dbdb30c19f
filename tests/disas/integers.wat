;; Integer operations with fixed registers or several instructions.
(module
  (func $shift (param i32 i32) (result i32) (i32.shr_s (local.get 0) (local.get 1)))
  (func $rotate_left (param i64 i64) (result i64) (i64.rotl (local.get 0) (local.get 1)))
  (func $leading_zeros (param i32) (result i32) (i32.clz (local.get 0)))
  (func $trailing_zeros (param i64) (result i64) (i64.ctz (local.get 0)))
  (func $population (param i64) (result i64) (i64.popcnt (local.get 0)))
  (func $sign_extend (param i64) (result i64) (i64.extend16_s (local.get 0)))
  (func $quotient_and_remainder (param i32 i32) (result i32 i32)
    (i32.div_u (local.get 0) (local.get 1))
    (i32.rem_u (local.get 0) (local.get 1))))

;;; x86_64
;;
;; shift (frame of 32)
;;                                           push rbp
;;                                           mov rbp, rsp
;;   local.get 0
;;   local.get 1
;;   i32.shr_s                               sarx eax, edi, esi
;;   end                                     pop rbp
;;                                           ret
;;
;; rotate_left (frame of 32)
;;                                           push rbp
;;                                           mov rbp, rsp
;;   local.get 0
;;   local.get 1
;;   i64.rotl                                mov rcx, rsi
;;                                           rol rdi, cl
;;   end                                     mov rax, rdi
;;                                           pop rbp
;;                                           ret
;;
;; leading_zeros (frame of 32)
;;                                           push rbp
;;                                           mov rbp, rsp
;;   local.get 0
;;   i32.clz                                 xor eax, eax
;;                                           lzcnt eax, edi
;;   end                                     pop rbp
;;                                           ret
;;
;; trailing_zeros (frame of 32)
;;                                           push rbp
;;                                           mov rbp, rsp
;;   local.get 0
;;   i64.ctz                                 xor eax, eax
;;                                           tzcnt rax, rdi
;;   end                                     pop rbp
;;                                           ret
;;
;; population (frame of 32)
;;                                           push rbp
;;                                           mov rbp, rsp
;;   local.get 0
;;   i64.popcnt                              xor eax, eax
;;                                           popcnt rax, rdi
;;   end                                     pop rbp
;;                                           ret
;;
;; sign_extend (frame of 32)
;;                                           push rbp
;;                                           mov rbp, rsp
;;   local.get 0
;;   i64.extend16_s                          movsx rax, di
;;   end                                     pop rbp
;;                                           ret
;;
;; quotient_and_remainder (frame of 48)
;;                                           push rbp
;;                                           mov rbp, rsp
;;   local.get 0
;;   local.get 1
;;   i32.div_u                               mov eax, edi
;;                                           test esi, esi
;;                                           je L0
;;                                           xor edx, edx
;;                                           div esi
;;   local.get 0
;;   local.get 1
;;   i32.rem_u                               mov r8d, eax
;;                                           mov eax, edi
;;                                           test esi, esi
;;                                           je L1
;;                                           xor edx, edx
;;                                           div esi
;;   end                                     mov eax, r8d
;;                                           pop rbp
;;                                           ret
;;                                       L0:
;;                                           ud2  ; trap: integer divide by zero
;;                                       L1:
;;                                           ud2  ; trap: integer divide by zero

;;; aarch64
;;
;; shift (frame of 32)
;;                                           stp x29, x30, [sp, #-0x10]!
;;                                           mov x29, sp
;;                                           sub sp, sp, #0x20
;;   local.get 0
;;   local.get 1
;;   i32.shr_s                               asr w0, w0, w1
;;   end                                     mov sp, x29
;;                                           ldp x29, x30, [sp], #0x10
;;                                           ret
;;
;; rotate_left (frame of 32)
;;                                           stp x29, x30, [sp, #-0x10]!
;;                                           mov x29, sp
;;                                           sub sp, sp, #0x20
;;   local.get 0
;;   local.get 1
;;   i64.rotl                                neg x17, x1
;;                                           ror x0, x0, x17
;;   end                                     mov sp, x29
;;                                           ldp x29, x30, [sp], #0x10
;;                                           ret
;;
;; leading_zeros (frame of 32)
;;                                           stp x29, x30, [sp, #-0x10]!
;;                                           mov x29, sp
;;                                           sub sp, sp, #0x20
;;   local.get 0
;;   i32.clz                                 clz w0, w0
;;   end                                     mov sp, x29
;;                                           ldp x29, x30, [sp], #0x10
;;                                           ret
;;
;; trailing_zeros (frame of 32)
;;                                           stp x29, x30, [sp, #-0x10]!
;;                                           mov x29, sp
;;                                           sub sp, sp, #0x20
;;   local.get 0
;;   i64.ctz                                 rbit x16, x0
;;                                           clz x0, x16
;;   end                                     mov sp, x29
;;                                           ldp x29, x30, [sp], #0x10
;;                                           ret
;;
;; population (frame of 32)
;;                                           stp x29, x30, [sp, #-0x10]!
;;                                           mov x29, sp
;;                                           sub sp, sp, #0x20
;;   local.get 0
;;   i64.popcnt                              fmov d31, x0
;;                                           cnt v31.8b, v31.8b
;;                                           addv b31, v31.8b
;;                                           fmov w0, s31
;;   end                                     mov sp, x29
;;                                           ldp x29, x30, [sp], #0x10
;;                                           ret
;;
;; sign_extend (frame of 32)
;;                                           stp x29, x30, [sp, #-0x10]!
;;                                           mov x29, sp
;;                                           sub sp, sp, #0x20
;;   local.get 0
;;   i64.extend16_s                          sxth x0, w0
;;   end                                     mov sp, x29
;;                                           ldp x29, x30, [sp], #0x10
;;                                           ret
;;
;; quotient_and_remainder (frame of 48)
;;                                           stp x29, x30, [sp, #-0x10]!
;;                                           mov x29, sp
;;                                           sub sp, sp, #0x30
;;   local.get 0
;;   local.get 1
;;   i32.div_u                               cbz w1, L0
;;                                           udiv w2, w0, w1
;;   local.get 0
;;   local.get 1
;;   i32.rem_u                               cbz w1, L1
;;                                           udiv w17, w0, w1
;;                                           msub w0, w17, w1, w0
;;   end                                     mov x1, x0
;;                                           mov x0, x2
;;                                           mov sp, x29
;;                                           ldp x29, x30, [sp], #0x10
;;                                           ret
;;                                       L0:
;;                                           udf #7  ; trap: integer divide by zero
;;                                       L1:
;;                                           udf #7  ; trap: integer divide by zero
