;; Arguments and results travel in registers; what does not fit goes to areas.
(module
  (func $four (param i32 i64 f32 f64) (result f64 i32 i64 f32)
    (local.get 3) (local.get 0) (local.get 1) (local.get 2))
  (func $swap (param i32 i32) (result i32 i32) (local.get 1) (local.get 0))
  (func $swap_twice (param i32 i32) (result i32 i32)
    (call $swap (call $swap (local.get 0) (local.get 1))))
  (func $ten (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32)
    (i32.add (local.get 0) (local.get 9)))
  (func $call_ten (param i32) (result i32)
    (call $ten (i32.const 1) (i32.const 2) (i32.const 3) (i32.const 4) (i32.const 5)
      (i32.const 6) (i32.const 7) (i32.const 8) (i32.const 9) (local.get 0)))
  (func $six_results (param i64) (result i64 i64 i64 i64 i64 i64)
    (local.get 0) (local.get 0) (local.get 0) (i64.const 1) (i64.const 2) (local.get 0))
  (func $use_six (param i64) (result i64)
    (call $six_results (local.get 0))
    (i64.add) (i64.add) (i64.add) (i64.add) (i64.add)))

;;; x86_64
;;
;; four (frame of 64)
;;                                           push rbp
;;                                           mov rbp, rsp
;;   local.get 3
;;   local.get 0
;;   local.get 1
;;   local.get 2
;;   end                                     mov eax, edi
;;                                           mov rdx, rsi
;;                                           movaps xmm15, xmm0
;;                                           movaps xmm0, xmm1
;;                                           movaps xmm1, xmm15
;;                                           pop rbp
;;                                           ret
;;
;; swap (frame of 32)
;;                                           push rbp
;;                                           mov rbp, rsp
;;   local.get 1
;;   local.get 0
;;   end                                     mov eax, esi
;;                                           mov edx, edi
;;                                           pop rbp
;;                                           ret
;;
;; swap_twice (frame of 32)
;;                                           push rbp
;;                                           mov rbp, rsp
;;                                           sub rsp, 0x20
;;                                           mov r11, [r15]
;;                                           cmp rsp, [r11]
;;                                           jb L0
;;   local.get 0
;;   local.get 1
;;   call $swap                              call $swap
;;   call $swap                              mov esi, edx
;;                                           mov edi, eax
;;                                           call $swap
;;   end                                     leave
;;                                           ret
;;                                       L0:
;;                                           ud2  ; trap: call stack exhausted
;;
;; ten (frame of 64)
;;                                           push rbp
;;                                           mov rbp, rsp
;;   local.get 0
;;   local.get 9
;;   i32.add                                 mov esi, [rbp + 0x28]
;;                                           lea eax, [rdi + rsi]
;;   end                                     pop rbp
;;                                           ret 0x20
;;
;; call_ten (frame of 128)
;;                                           push rbp
;;                                           mov rbp, rsp
;;                                           add rsp, -0x80
;;                                           mov r11, [r15]
;;                                           cmp rsp, [r11]
;;                                           jb L0
;;   i32.const 1
;;   i32.const 2
;;   i32.const 3
;;   i32.const 4
;;   i32.const 5
;;   i32.const 6
;;   i32.const 7
;;   i32.const 8
;;   i32.const 9
;;   local.get 0
;;   call $ten                               mov dword ptr [rbp - 0x80], 7
;;                                           mov dword ptr [rbp - 0x78], 8
;;                                           mov dword ptr [rbp - 0x70], 9
;;                                           mov [rbp - 0x68], edi
;;                                           mov edi, 1
;;                                           mov esi, 2
;;                                           mov edx, 3
;;                                           mov ecx, 4
;;                                           mov r8d, 5
;;                                           mov r9d, 6
;;                                           call $ten
;;                                           sub rsp, 0x20
;;   end                                     leave
;;                                           ret
;;                                       L0:
;;                                           ud2  ; trap: call stack exhausted
;;
;; six_results (frame of 64)
;;                                           push rbp
;;                                           mov rbp, rsp
;;                                           mov [rbp - 8], rax
;;   local.get 0
;;   local.get 0
;;   local.get 0
;;   i64.const 1
;;   i64.const 2
;;   local.get 0
;;   end                                     mov [rbp - 0x40], rdi
;;                                           mov qword ptr [rbp - 0x38], 2
;;                                           mov qword ptr [rbp - 0x30], 1
;;                                           mov [rbp - 0x28], rdi
;;                                           mov [rbp - 0x20], rdi
;;                                           mov [rbp - 0x18], rdi
;;                                           mov r10, [rbp - 8]
;;                                           mov rax, [rbp - 0x18]
;;                                           mov rdx, [rbp - 0x20]
;;                                           mov rcx, [rbp - 0x28]
;;                                           mov rsi, [rbp - 0x30]
;;                                           mov r11, [rbp - 0x38]
;;                                           mov [r10], r11
;;                                           mov r11, [rbp - 0x40]
;;                                           mov [r10 + 8], r11
;;                                           pop rbp
;;                                           ret
;;
;; use_six (frame of 80)
;;                                           push rbp
;;                                           mov rbp, rsp
;;                                           sub rsp, 0x50
;;                                           mov r11, [r15]
;;                                           cmp rsp, [r11]
;;                                           jb L0
;;   local.get 0
;;   call $six_results                       lea rax, [rbp - 0x50]
;;                                           call $six_results
;;                                           mov r11, [rbp - 0x50]
;;                                           mov [rbp - 0x38], r11
;;                                           mov r11, [rbp - 0x48]
;;                                           mov [rbp - 0x40], r11
;;   i64.add                                 mov rdi, [rbp - 0x38]
;;                                           add rdi, [rbp - 0x40]
;;   i64.add                                 add rsi, rdi
;;   i64.add                                 add rcx, rsi
;;   i64.add                                 add rdx, rcx
;;   i64.add                                 add rax, rdx
;;   end                                     leave
;;                                           ret
;;                                       L0:
;;                                           ud2  ; trap: call stack exhausted

;;; aarch64
;;
;; four (frame of 64)
;;                                           stp x29, x30, [sp, #-0x10]!
;;                                           mov x29, sp
;;                                           sub sp, sp, #0x40
;;   local.get 3
;;   local.get 0
;;   local.get 1
;;   local.get 2
;;   end                                     mov v31.16b, v0.16b
;;                                           mov v0.16b, v1.16b
;;                                           mov v1.16b, v31.16b
;;                                           mov sp, x29
;;                                           ldp x29, x30, [sp], #0x10
;;                                           ret
;;
;; swap (frame of 32)
;;                                           stp x29, x30, [sp, #-0x10]!
;;                                           mov x29, sp
;;                                           sub sp, sp, #0x20
;;   local.get 1
;;   local.get 0
;;   end                                     mov x16, x0
;;                                           mov x0, x1
;;                                           mov x1, x16
;;                                           mov sp, x29
;;                                           ldp x29, x30, [sp], #0x10
;;                                           ret
;;
;; swap_twice (frame of 32)
;;                                           stp x29, x30, [sp, #-0x10]!
;;                                           mov x29, sp
;;                                           sub sp, sp, #0x20
;;                                           ldr x16, [x28]
;;                                           ldr x16, [x16]
;;                                           cmp sp, x16
;;                                           b.lo L0
;;   local.get 0
;;   local.get 1
;;   call $swap                              bl $swap
;;   call $swap                              bl $swap
;;   end                                     mov sp, x29
;;                                           ldp x29, x30, [sp], #0x10
;;                                           ret
;;                                       L0:
;;                                           udf #9  ; trap: call stack exhausted
;;
;; ten (frame of 80)
;;                                           stp x29, x30, [sp, #-0x10]!
;;                                           mov x29, sp
;;                                           sub sp, sp, #0x50
;;   local.get 0
;;   local.get 9
;;   i32.add                                 ldr w1, [x29, #0x18]
;;                                           add w0, w0, w1
;;   end                                     mov sp, x29
;;                                           ldp x29, x30, [sp], #0x20
;;                                           ret
;;
;; call_ten (frame of 112)
;;                                           stp x29, x30, [sp, #-0x10]!
;;                                           mov x29, sp
;;                                           sub sp, sp, #0x70
;;                                           ldr x16, [x28]
;;                                           ldr x16, [x16]
;;                                           cmp sp, x16
;;                                           b.lo L0
;;   i32.const 1
;;   i32.const 2
;;   i32.const 3
;;   i32.const 4
;;   i32.const 5
;;   i32.const 6
;;   i32.const 7
;;   i32.const 8
;;   i32.const 9
;;   local.get 0
;;   call $ten                               mov w16, #0x9
;;                                           stur w16, [x29, #-0x70]
;;                                           stur w0, [x29, #-0x68]
;;                                           mov w0, #0x1
;;                                           mov w1, #0x2
;;                                           mov w2, #0x3
;;                                           mov w3, #0x4
;;                                           mov w4, #0x5
;;                                           mov w5, #0x6
;;                                           mov w6, #0x7
;;                                           mov w7, #0x8
;;                                           bl $ten
;;                                           sub sp, sp, #0x10
;;   end                                     mov sp, x29
;;                                           ldp x29, x30, [sp], #0x10
;;                                           ret
;;                                       L0:
;;                                           udf #9  ; trap: call stack exhausted
;;
;; six_results (frame of 64)
;;                                           stp x29, x30, [sp, #-0x10]!
;;                                           mov x29, sp
;;                                           sub sp, sp, #0x40
;;                                           stur x8, [x29, #-0x8]
;;   local.get 0
;;   local.get 0
;;   local.get 0
;;   i64.const 1
;;   i64.const 2
;;   local.get 0
;;   end                                     stur x0, [x29, #-0x40]
;;                                           mov w16, #0x2
;;                                           stur x16, [x29, #-0x38]
;;                                           mov w16, #0x1
;;                                           stur x16, [x29, #-0x30]
;;                                           stur x0, [x29, #-0x28]
;;                                           stur x0, [x29, #-0x20]
;;                                           stur x0, [x29, #-0x18]
;;                                           ldur x9, [x29, #-0x8]
;;                                           ldur x0, [x29, #-0x18]
;;                                           ldur x1, [x29, #-0x20]
;;                                           ldur x2, [x29, #-0x28]
;;                                           ldur x3, [x29, #-0x30]
;;                                           ldur x16, [x29, #-0x38]
;;                                           str x16, [x9]
;;                                           ldur x16, [x29, #-0x40]
;;                                           str x16, [x9, #0x8]
;;                                           mov sp, x29
;;                                           ldp x29, x30, [sp], #0x10
;;                                           ret
;;
;; use_six (frame of 80)
;;                                           stp x29, x30, [sp, #-0x10]!
;;                                           mov x29, sp
;;                                           sub sp, sp, #0x50
;;                                           ldr x16, [x28]
;;                                           ldr x16, [x16]
;;                                           cmp sp, x16
;;                                           b.lo L0
;;   local.get 0
;;   call $six_results                       sub x8, x29, #0x50
;;                                           bl $six_results
;;                                           ldur x16, [x29, #-0x50]
;;                                           stur x16, [x29, #-0x38]
;;                                           ldur x16, [x29, #-0x48]
;;                                           stur x16, [x29, #-0x40]
;;   i64.add                                 ldur x4, [x29, #-0x38]
;;                                           ldur x16, [x29, #-0x40]
;;                                           add x4, x4, x16
;;   i64.add                                 add x3, x3, x4
;;   i64.add                                 add x2, x2, x3
;;   i64.add                                 add x1, x1, x2
;;   i64.add                                 add x0, x0, x1
;;   end                                     mov sp, x29
;;                                           ldp x29, x30, [sp], #0x10
;;                                           ret
;;                                       L0:
;;                                           udf #9  ; trap: call stack exhausted
