;; The context and the base of memory 0 are in fixed registers: an access to
;; memory 0 needs no other instruction, a call within the instance sets nothing up.
(module
  (import "m" "f" (func $imported (param i32) (result i32)))
  (memory 1)
  (table 2 externref)
  (data $segment "hotfoot")
  (func $load (param i32) (result i32) (i32.load (local.get 0)))
  (func $sum_of_loads (param i32 i32) (result i32)
    (i32.add (call $load (local.get 0)) (call $load (local.get 1))))
  (func $across (param i32) (result i32)
    (i32.add (call $imported (local.get 0)) (i32.load (local.get 0))))
  (func $size (result i32) (memory.size))
  (func $grow (param i32) (result i32)
    (drop (memory.grow (local.get 0)))
    (i32.load (local.get 0)))
  (func $table_get (param i32) (result externref) (table.get 0 (local.get 0)))
  (func $table_set (param i32 externref) (table.set 0 (local.get 0) (local.get 1)))
  (func $init (param i32)
    (memory.init $segment (local.get 0) (i32.const 0) (i32.const 7))
    (data.drop $segment)))

;;; x86_64
;;
;; load (frame of 32)
;;                                           push rbp
;;                                           mov rbp, rsp
;;   local.get 0
;;   i32.load                                mov eax, [r14 + rdi]
;;   end                                     pop rbp
;;                                           ret
;;
;; sum_of_loads (frame of 32)
;;                                           push rbp
;;                                           mov rbp, rsp
;;                                           sub rsp, 0x20
;;                                           mov r11, [r15]
;;                                           cmp rsp, [r11]
;;                                           jb L0
;;   local.get 0
;;   call $load                              mov [rbp - 0x10], esi
;;                                           call $load
;;   local.get 1
;;   call $load                              mov [rbp - 0x18], eax
;;                                           mov edi, [rbp - 0x10]
;;                                           call $load
;;   i32.add                                 mov esi, [rbp - 0x18]
;;                                           add eax, esi
;;   end                                     leave
;;                                           ret
;;                                       L0:
;;                                           ud2  ; trap: call stack exhausted
;;
;; across (frame of 32)
;;                                           push rbp
;;                                           mov rbp, rsp
;;                                           sub rsp, 0x20
;;                                           mov r11, [r15]
;;                                           cmp rsp, [r11]
;;                                           jb L0
;;                                           mov [rbp - 8], r15
;;   local.get 0
;;   call $imported                          mov [rbp - 0x10], edi
;;                                           mov r10, r15
;;                                           mov r11, [r15 + 0x40]
;;                                           mov r15, [r15 + 0x48]
;;                                           mov r14, [r15 + 0x10]
;;                                           mov r14, [r14]
;;                                           call r11
;;                                           mov r15, [rbp - 8]
;;                                           mov r14, [r15 + 0x10]
;;                                           mov r14, [r14]
;;   local.get 0
;;   i32.load                                mov esi, [rbp - 0x10]
;;   i32.add                                 add eax, [r14 + rsi]
;;   end                                     leave
;;                                           ret
;;                                       L0:
;;                                           ud2  ; trap: call stack exhausted
;;
;; size (frame of 16)
;;                                           push rbp
;;                                           mov rbp, rsp
;;   memory.size                             mov rsi, [r15 + 0x68]
;;                                           mov rsi, [rsi + 8]
;;                                           shr rsi, 0x10
;;   end                                     mov eax, esi
;;                                           pop rbp
;;                                           ret
;;
;; grow (frame of 32)
;;                                           push rbp
;;                                           mov rbp, rsp
;;                                           sub rsp, 0x20
;;                                           mov r11, [r15]
;;                                           cmp rsp, [r11]
;;                                           jb L1
;;   local.get 0
;;   memory.grow                             mov [rbp - 8], edi
;;                                           mov edx, edi
;;                                           xor esi, esi
;;                                           lea rax, [rip + L0]
;;                                           mov r11, [r15]
;;                                           mov [r11 + 0x20], rbp
;;                                           mov [r11 + 0x28], rax
;;                                           mov r11, [r15 + 8]
;;                                           mov rdi, r15
;;                                           call qword ptr [r11]
;;                                       L0:
;;                                           mov eax, eax
;;   drop
;;   local.get 0
;;   i32.load                                mov esi, [rbp - 8]
;;                                           mov eax, [r14 + rsi]
;;   end                                     leave
;;                                           ret
;;                                       L1:
;;                                           ud2  ; trap: call stack exhausted
;;
;; table_get (frame of 32)
;;                                           push rbp
;;                                           mov rbp, rsp
;;                                           sub rsp, 0x20
;;                                           mov r11, [r15]
;;                                           cmp rsp, [r11]
;;                                           jb L0
;;   local.get 0
;;   table.get 0                             mov r11, [r15 + 0x60]
;;                                           cmp rdi, [r11 + 8]
;;                                           jae L1
;;                                           mov r11, [r11]
;;                                           mov rax, [r11 + rdi*8]
;;   end                                     leave
;;                                           ret
;;                                       L0:
;;                                           ud2  ; trap: call stack exhausted
;;                                       L1:
;;                                           ud2  ; trap: out of bounds table access
;;
;; table_set (frame of 32)
;;                                           push rbp
;;                                           mov rbp, rsp
;;                                           sub rsp, 0x20
;;                                           mov r11, [r15]
;;                                           cmp rsp, [r11]
;;                                           jb L0
;;                                           mov [rbp - 0x10], rsi
;;   local.get 0
;;   local.get 1
;;   table.set 0                             mov r11, [r15 + 0x60]
;;                                           cmp rdi, [r11 + 8]
;;                                           jae L1
;;                                           mov r11, [r11]
;;                                           mov [r11 + rdi*8], rsi
;;   end                                     leave
;;                                           ret
;;                                       L0:
;;                                           ud2  ; trap: call stack exhausted
;;                                       L1:
;;                                           ud2  ; trap: out of bounds table access
;;
;; init (frame of 48)
;;                                           push rbp
;;                                           mov rbp, rsp
;;                                           sub rsp, 0x30
;;                                           mov r11, [r15]
;;                                           cmp rsp, [r11]
;;                                           jb L2
;;   local.get 0
;;   i32.const 0
;;   i32.const 7
;;   memory.init $segment                    mov ecx, edi
;;                                           xor esi, esi
;;                                           xor edx, edx
;;                                           xor r8d, r8d
;;                                           mov r9d, 7
;;                                           lea rax, [rip + L0]
;;                                           mov r11, [r15]
;;                                           mov [r11 + 0x20], rbp
;;                                           mov [r11 + 0x28], rax
;;                                           mov r11, [r15 + 8]
;;                                           mov rdi, r15
;;                                           call qword ptr [r11 + 0x18]
;;                                       L0:
;;                                           test rax, rax
;;                                           jne L3
;;   data.drop $segment                      xor esi, esi
;;                                           lea rax, [rip + L1]
;;                                           mov r11, [r15]
;;                                           mov [r11 + 0x20], rbp
;;                                           mov [r11 + 0x28], rax
;;                                           mov r11, [r15 + 8]
;;                                           mov rdi, r15
;;                                           call qword ptr [r11 + 0x20]
;;                                       L1:
;;   end                                     leave
;;                                           ret
;;                                       L2:
;;                                           ud2  ; trap: call stack exhausted
;;                                       L3:
;;                                           mov r11, [r15]
;;                                           mov rsp, [r11 + 8]
;;                                           jmp qword ptr [r11 + 0x10]

;;; aarch64
;;
;; load (frame of 32)
;;                                           stp x29, x30, [sp, #-0x10]!
;;                                           mov x29, sp
;;                                           sub sp, sp, #0x20
;;   local.get 0
;;   i32.load                                ldr w0, [x27, w0, uxtw]
;;   end                                     mov sp, x29
;;                                           ldp x29, x30, [sp], #0x10
;;                                           ret
;;
;; sum_of_loads (frame of 32)
;;                                           stp x29, x30, [sp, #-0x10]!
;;                                           mov x29, sp
;;                                           sub sp, sp, #0x20
;;                                           ldr x16, [x28]
;;                                           ldr x16, [x16]
;;                                           cmp sp, x16
;;                                           b.lo L0
;;   local.get 0
;;   call $load                              stur w1, [x29, #-0x10]
;;                                           bl $load
;;   local.get 1
;;   call $load                              stur w0, [x29, #-0x18]
;;                                           ldur w0, [x29, #-0x10]
;;                                           bl $load
;;   i32.add                                 ldur w1, [x29, #-0x18]
;;                                           add w0, w0, w1
;;   end                                     mov sp, x29
;;                                           ldp x29, x30, [sp], #0x10
;;                                           ret
;;                                       L0:
;;                                           udf #9  ; trap: call stack exhausted
;;
;; across (frame of 32)
;;                                           stp x29, x30, [sp, #-0x10]!
;;                                           mov x29, sp
;;                                           sub sp, sp, #0x20
;;                                           ldr x16, [x28]
;;                                           ldr x16, [x16]
;;                                           cmp sp, x16
;;                                           b.lo L0
;;                                           stur x28, [x29, #-0x8]
;;   local.get 0
;;   call $imported                          stur w0, [x29, #-0x10]
;;                                           mov x9, x28
;;                                           ldr x16, [x28, #0x40]
;;                                           ldr x28, [x9, #0x48]
;;                                           ldr x27, [x28, #0x10]
;;                                           ldr x27, [x27]
;;                                           blr x16
;;                                           ldur x28, [x29, #-0x8]
;;                                           ldr x27, [x28, #0x10]
;;                                           ldr x27, [x27]
;;   local.get 0
;;   i32.load                                ldur w1, [x29, #-0x10]
;;                                           ldr w2, [x27, w1, uxtw]
;;   i32.add                                 add w0, w0, w2
;;   end                                     mov sp, x29
;;                                           ldp x29, x30, [sp], #0x10
;;                                           ret
;;                                       L0:
;;                                           udf #9  ; trap: call stack exhausted
;;
;; size (frame of 16)
;;                                           stp x29, x30, [sp, #-0x10]!
;;                                           mov x29, sp
;;                                           sub sp, sp, #0x10
;;   memory.size                             ldr x0, [x28, #0x68]
;;                                           ldr x0, [x0, #0x8]
;;                                           lsr x0, x0, #0x10
;;   end                                     mov sp, x29
;;                                           ldp x29, x30, [sp], #0x10
;;                                           ret
;;
;; grow (frame of 32)
;;                                           stp x29, x30, [sp, #-0x10]!
;;                                           mov x29, sp
;;                                           sub sp, sp, #0x20
;;                                           ldr x16, [x28]
;;                                           ldr x16, [x16]
;;                                           cmp sp, x16
;;                                           b.lo L1
;;   local.get 0
;;   memory.grow                             stur w0, [x29, #-0x8]
;;                                           mov x2, x0
;;                                           mov w1, #0x0
;;                                           adr x17, L0
;;                                           ldr x16, [x28]
;;                                           stp x29, x17, [x16, #0x20]
;;                                           ldr x16, [x28, #0x8]
;;                                           ldr x16, [x16]
;;                                           mov x0, x28
;;                                           blr x16
;;                                       L0:
;;                                           mov w0, w0
;;   drop
;;   local.get 0
;;   i32.load                                ldur w0, [x29, #-0x8]
;;                                           ldr w1, [x27, w0, uxtw]
;;   end                                     mov x0, x1
;;                                           mov sp, x29
;;                                           ldp x29, x30, [sp], #0x10
;;                                           ret
;;                                       L1:
;;                                           udf #9  ; trap: call stack exhausted
;;
;; table_get (frame of 32)
;;                                           stp x29, x30, [sp, #-0x10]!
;;                                           mov x29, sp
;;                                           sub sp, sp, #0x20
;;                                           ldr x16, [x28]
;;                                           ldr x16, [x16]
;;                                           cmp sp, x16
;;                                           b.lo L0
;;   local.get 0
;;   table.get 0                             ldr x16, [x28, #0x60]
;;                                           ldr x16, [x16, #0x8]
;;                                           cmp x16, w0
;;                                           b.ls L1
;;                                           ldr x16, [x28, #0x60]
;;                                           ldr x16, [x16]
;;                                           ldr x0, [x16, w0, uxtw #3]
;;   end                                     mov sp, x29
;;                                           ldp x29, x30, [sp], #0x10
;;                                           ret
;;                                       L0:
;;                                           udf #9  ; trap: call stack exhausted
;;                                       L1:
;;                                           udf #2  ; trap: out of bounds table access
;;
;; table_set (frame of 32)
;;                                           stp x29, x30, [sp, #-0x10]!
;;                                           mov x29, sp
;;                                           sub sp, sp, #0x20
;;                                           ldr x16, [x28]
;;                                           ldr x16, [x16]
;;                                           cmp sp, x16
;;                                           b.lo L0
;;                                           stur x1, [x29, #-0x10]
;;   local.get 0
;;   local.get 1
;;   table.set 0                             ldr x16, [x28, #0x60]
;;                                           ldr x16, [x16, #0x8]
;;                                           cmp x16, w0
;;                                           b.ls L1
;;                                           ldr x2, [x28, #0x60]
;;                                           ldr x2, [x2]
;;                                           str x1, [x2, w0, uxtw #3]
;;   end                                     mov sp, x29
;;                                           ldp x29, x30, [sp], #0x10
;;                                           ret
;;                                       L0:
;;                                           udf #9  ; trap: call stack exhausted
;;                                       L1:
;;                                           udf #2  ; trap: out of bounds table access
;;
;; init (frame of 48)
;;                                           stp x29, x30, [sp, #-0x10]!
;;                                           mov x29, sp
;;                                           sub sp, sp, #0x30
;;                                           ldr x16, [x28]
;;                                           ldr x16, [x16]
;;                                           cmp sp, x16
;;                                           b.lo L2
;;   local.get 0
;;   i32.const 0
;;   i32.const 7
;;   memory.init $segment                    mov x3, x0
;;                                           mov w1, #0x0
;;                                           mov w2, #0x0
;;                                           mov w4, #0x0
;;                                           mov w5, #0x7
;;                                           adr x17, L0
;;                                           ldr x16, [x28]
;;                                           stp x29, x17, [x16, #0x20]
;;                                           ldr x16, [x28, #0x8]
;;                                           ldr x16, [x16, #0x18]
;;                                           mov x0, x28
;;                                           blr x16
;;                                       L0:
;;                                           cbnz x0, L3
;;   data.drop $segment                      mov w1, #0x0
;;                                           adr x17, L1
;;                                           ldr x16, [x28]
;;                                           stp x29, x17, [x16, #0x20]
;;                                           ldr x16, [x28, #0x8]
;;                                           ldr x16, [x16, #0x20]
;;                                           mov x0, x28
;;                                           blr x16
;;                                       L1:
;;   end                                     mov sp, x29
;;                                           ldp x29, x30, [sp], #0x10
;;                                           ret
;;                                       L2:
;;                                           udf #9  ; trap: call stack exhausted
;;                                       L3:
;;                                           ldr x16, [x28]
;;                                           ldr x17, [x16, #0x8]
;;                                           ldr x16, [x16, #0x10]
;;                                           mov sp, x17
;;                                           br x16
