;; Copies and fills of a few bytes are loads and stores, the highest first of
;; each; longer ones, and those of an unknown number, call a helper.
(module
  (memory 1)
  (func $copy_8 (param i32 i32) (memory.copy (local.get 0) (local.get 1) (i32.const 8)))
  (func $copy_20 (param i32 i32) (memory.copy (local.get 0) (local.get 1) (i32.const 20)))
  (func $clear_24 (param i32) (memory.fill (local.get 0) (i32.const 0) (i32.const 24)))
  (func $fill_3 (param i32) (memory.fill (local.get 0) (i32.const 7) (i32.const 3)))
  (func $copy_many (param i32 i32) (memory.copy (local.get 0) (local.get 1) (i32.const 65))))

;;; x86_64
;;
;; copy_8 (frame of 48)
;;                                           push rbp
;;                                           mov rbp, rsp
;;                                           sub rsp, 0x30
;;                                           mov r11, [r15]
;;                                           cmp rsp, [r11]
;;                                           jb L0
;;   local.get 0
;;   local.get 1
;;   i32.const 8
;;   memory.copy                             movsd xmm0, [r14 + rsi]
;;                                           movsd [r14 + rdi], xmm0
;;   end                                     leave
;;                                           ret
;;                                       L0:
;;                                           ud2  ; trap: call stack exhausted
;;
;; copy_20 (frame of 48)
;;                                           push rbp
;;                                           mov rbp, rsp
;;                                           sub rsp, 0x30
;;                                           mov r11, [r15]
;;                                           cmp rsp, [r11]
;;                                           jb L0
;;   local.get 0
;;   local.get 1
;;   i32.const 20
;;   memory.copy                             movsd xmm0, [r14 + rsi + 0xc]
;;                                           movsd xmm1, [r14 + rsi + 8]
;;                                           movsd xmm2, [r14 + rsi]
;;                                           movsd [r14 + rdi + 0xc], xmm0
;;                                           movsd [r14 + rdi + 8], xmm1
;;                                           movsd [r14 + rdi], xmm2
;;   end                                     leave
;;                                           ret
;;                                       L0:
;;                                           ud2  ; trap: call stack exhausted
;;
;; clear_24 (frame of 48)
;;                                           push rbp
;;                                           mov rbp, rsp
;;                                           sub rsp, 0x30
;;                                           mov r11, [r15]
;;                                           cmp rsp, [r11]
;;                                           jb L0
;;   local.get 0
;;   i32.const 0
;;   i32.const 24
;;   memory.fill                             mov qword ptr [r14 + rdi + 0x10], 0
;;                                           mov qword ptr [r14 + rdi + 8], 0
;;                                           mov qword ptr [r14 + rdi], 0
;;   end                                     leave
;;                                           ret
;;                                       L0:
;;                                           ud2  ; trap: call stack exhausted
;;
;; fill_3 (frame of 48)
;;                                           push rbp
;;                                           mov rbp, rsp
;;                                           sub rsp, 0x30
;;                                           mov r11, [r15]
;;                                           cmp rsp, [r11]
;;                                           jb L0
;;   local.get 0
;;   i32.const 7
;;   i32.const 3
;;   memory.fill                             mov word ptr [r14 + rdi + 1], 0x707
;;                                           mov word ptr [r14 + rdi], 0x707
;;   end                                     leave
;;                                           ret
;;                                       L0:
;;                                           ud2  ; trap: call stack exhausted
;;
;; copy_many (frame of 48)
;;                                           push rbp
;;                                           mov rbp, rsp
;;                                           sub rsp, 0x30
;;                                           mov r11, [r15]
;;                                           cmp rsp, [r11]
;;                                           jb L1
;;   local.get 0
;;   local.get 1
;;   i32.const 65
;;   memory.copy                             mov ecx, edi
;;                                           mov r8d, esi
;;                                           xor esi, esi
;;                                           xor edx, edx
;;                                           mov r9d, 0x41
;;                                           lea rax, [rip + L0]
;;                                           mov r11, [r15]
;;                                           mov [r11 + 0x20], rbp
;;                                           mov [r11 + 0x28], rax
;;                                           mov r11, [r15 + 8]
;;                                           mov rdi, r15
;;                                           call qword ptr [r11 + 0x10]
;;                                       L0:
;;                                           test rax, rax
;;                                           jne L2
;;   end                                     leave
;;                                           ret
;;                                       L1:
;;                                           ud2  ; trap: call stack exhausted
;;                                       L2:
;;                                           mov r11, [r15]
;;                                           mov rsp, [r11 + 8]
;;                                           jmp qword ptr [r11 + 0x10]

;;; aarch64
;;
;; copy_8 (frame of 48)
;;                                           stp x29, x30, [sp, #-0x10]!
;;                                           mov x29, sp
;;                                           sub sp, sp, #0x30
;;                                           ldr x16, [x28]
;;                                           ldr x16, [x16]
;;                                           cmp sp, x16
;;                                           b.lo L0
;;   local.get 0
;;   local.get 1
;;   i32.const 8
;;   memory.copy                             ldr d0, [x27, w1, uxtw]
;;                                           str d0, [x27, w0, uxtw]
;;   end                                     mov sp, x29
;;                                           ldp x29, x30, [sp], #0x10
;;                                           ret
;;                                       L0:
;;                                           udf #9  ; trap: call stack exhausted
;;
;; copy_20 (frame of 48)
;;                                           stp x29, x30, [sp, #-0x10]!
;;                                           mov x29, sp
;;                                           sub sp, sp, #0x30
;;                                           ldr x16, [x28]
;;                                           ldr x16, [x16]
;;                                           cmp sp, x16
;;                                           b.lo L0
;;   local.get 0
;;   local.get 1
;;   i32.const 20
;;   memory.copy                             add x17, x27, #0xc
;;                                           ldr d0, [x17, w1, uxtw]
;;                                           add x17, x27, #0x8
;;                                           ldr d1, [x17, w1, uxtw]
;;                                           ldr d2, [x27, w1, uxtw]
;;                                           add x17, x27, #0xc
;;                                           str d0, [x17, w0, uxtw]
;;                                           add x17, x27, #0x8
;;                                           str d1, [x17, w0, uxtw]
;;                                           str d2, [x27, w0, uxtw]
;;   end                                     mov sp, x29
;;                                           ldp x29, x30, [sp], #0x10
;;                                           ret
;;                                       L0:
;;                                           udf #9  ; trap: call stack exhausted
;;
;; clear_24 (frame of 48)
;;                                           stp x29, x30, [sp, #-0x10]!
;;                                           mov x29, sp
;;                                           sub sp, sp, #0x30
;;                                           ldr x16, [x28]
;;                                           ldr x16, [x16]
;;                                           cmp sp, x16
;;                                           b.lo L0
;;   local.get 0
;;   i32.const 0
;;   i32.const 24
;;   memory.fill                             add x17, x27, #0x10
;;                                           str xzr, [x17, w0, uxtw]
;;                                           add x17, x27, #0x8
;;                                           str xzr, [x17, w0, uxtw]
;;                                           str xzr, [x27, w0, uxtw]
;;   end                                     mov sp, x29
;;                                           ldp x29, x30, [sp], #0x10
;;                                           ret
;;                                       L0:
;;                                           udf #9  ; trap: call stack exhausted
;;
;; fill_3 (frame of 48)
;;                                           stp x29, x30, [sp, #-0x10]!
;;                                           mov x29, sp
;;                                           sub sp, sp, #0x30
;;                                           ldr x16, [x28]
;;                                           ldr x16, [x16]
;;                                           cmp sp, x16
;;                                           b.lo L0
;;   local.get 0
;;   i32.const 7
;;   i32.const 3
;;   memory.fill                             add x17, x27, #0x1
;;                                           mov w16, #0x7070707
;;                                           strh w16, [x17, w0, uxtw]
;;                                           mov w16, #0x7070707
;;                                           strh w16, [x27, w0, uxtw]
;;   end                                     mov sp, x29
;;                                           ldp x29, x30, [sp], #0x10
;;                                           ret
;;                                       L0:
;;                                           udf #9  ; trap: call stack exhausted
;;
;; copy_many (frame of 48)
;;                                           stp x29, x30, [sp, #-0x10]!
;;                                           mov x29, sp
;;                                           sub sp, sp, #0x30
;;                                           ldr x16, [x28]
;;                                           ldr x16, [x16]
;;                                           cmp sp, x16
;;                                           b.lo L1
;;   local.get 0
;;   local.get 1
;;   i32.const 65
;;   memory.copy                             mov x3, x0
;;                                           mov x4, x1
;;                                           mov w1, #0x0
;;                                           mov w2, #0x0
;;                                           mov w5, #0x41
;;                                           adr x17, L0
;;                                           ldr x16, [x28]
;;                                           stp x29, x17, [x16, #0x20]
;;                                           ldr x16, [x28, #0x8]
;;                                           ldr x16, [x16, #0x10]
;;                                           mov x0, x28
;;                                           blr x16
;;                                       L0:
;;                                           cbnz x0, L2
;;   end                                     mov sp, x29
;;                                           ldp x29, x30, [sp], #0x10
;;                                           ret
;;                                       L1:
;;                                           udf #9  ; trap: call stack exhausted
;;                                       L2:
;;                                           ldr x16, [x28]
;;                                           ldr x17, [x16, #0x8]
;;                                           ldr x16, [x16, #0x10]
;;                                           mov sp, x17
;;                                           br x16
