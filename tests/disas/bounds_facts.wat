;;! bounds = explicit
;; A check stands for later accesses by the same local that reach no farther,
;; until the local changes or control flow meets.
(module
  (memory 1)
  (func $fields (param i32) (result i32)
    (i32.store offset=8 (local.get 0) (i32.const 1))
    (i32.add (i32.load offset=4 (local.get 0)) (i32.load (local.get 0))))
  (func $changed (param i32) (result i32)
    (i32.store offset=8 (local.get 0) (i32.const 1))
    (local.set 0 (i32.add (local.get 0) (i32.const 8)))
    (i32.load (local.get 0)))
  (func $copy (param i32 i32)
    (memory.copy (local.get 0) (local.get 1) (i32.const 16))))

;;; x86_64
;;
;; fields (frame of 32)
;;                                           push rbp
;;                                           mov rbp, rsp
;;   local.get 0
;;   i32.const 1
;;   i32.store offset=8                      mov r11, [r15 + 0x40]
;;                                           mov r11, [r11 + 8]
;;                                           sub r11, 0xc
;;                                           cmp rdi, r11
;;                                           ja L0
;;                                           mov dword ptr [r14 + rdi + 8], 1
;;   local.get 0
;;   i32.load offset=4                       mov esi, [r14 + rdi + 4]
;;   local.get 0
;;   i32.load                                mov r11, [r15 + 0x40]
;;                                           mov r11, [r11 + 8]
;;                                           sub r11, 4
;;                                           cmp rdi, r11
;;                                           ja L1
;;                                           mov edi, [r14 + rdi]
;;   i32.add                                 lea eax, [rsi + rdi]
;;   end                                     pop rbp
;;                                           ret
;;                                       L0:
;;                                           ud2
;;                                       L1:
;;                                           ud2
;;
;; changed (frame of 32)
;;                                           push rbp
;;                                           mov rbp, rsp
;;   local.get 0
;;   i32.const 1
;;   i32.store offset=8                      mov r11, [r15 + 0x40]
;;                                           mov r11, [r11 + 8]
;;                                           sub r11, 0xc
;;                                           cmp rdi, r11
;;                                           ja L0
;;                                           mov dword ptr [r14 + rdi + 8], 1
;;   local.get 0
;;   i32.const 8
;;   i32.add                                 add edi, 8
;;   local.set 0
;;   local.get 0
;;   i32.load                                mov r11, [r15 + 0x40]
;;                                           mov r11, [r11 + 8]
;;                                           sub r11, 4
;;                                           cmp rdi, r11
;;                                           ja L1
;;                                           mov eax, [r14 + rdi]
;;   end                                     pop rbp
;;                                           ret
;;                                       L0:
;;                                           ud2
;;                                       L1:
;;                                           ud2
;;
;; copy (frame of 48)
;;                                           push rbp
;;                                           mov rbp, rsp
;;                                           sub rsp, 0x30
;;                                           mov r11, [r15]
;;                                           cmp rsp, [r11]
;;                                           jb L0
;;   local.get 0
;;   local.get 1
;;   i32.const 16
;;   memory.copy                             mov r11, [r15 + 0x40]
;;                                           mov r11, [r11 + 8]
;;                                           sub r11, 0x10
;;                                           cmp rsi, r11
;;                                           ja L1
;;                                           movsd xmm0, [r14 + rsi + 8]
;;                                           movsd xmm1, [r14 + rsi]
;;                                           mov r11, [r15 + 0x40]
;;                                           mov r11, [r11 + 8]
;;                                           sub r11, 0x10
;;                                           cmp rdi, r11
;;                                           ja L2
;;                                           movsd [r14 + rdi + 8], xmm0
;;                                           movsd [r14 + rdi], xmm1
;;   end                                     leave
;;                                           ret
;;                                       L0:
;;                                           ud2  ; trap: call stack exhausted
;;                                       L1:
;;                                           ud2
;;                                       L2:
;;                                           ud2

;;; aarch64
;;
;; fields (frame of 32)
;;                                           stp x29, x30, [sp, #-0x10]!
;;                                           mov x29, sp
;;                                           sub sp, sp, #0x20
;;   local.get 0
;;   i32.const 1
;;   i32.store offset=8                      ldr x16, [x28, #0x40]
;;                                           ldr x16, [x16, #0x8]
;;                                           subs x16, x16, #0xc
;;                                           cmp x16, w0
;;                                           b.lo L0
;;                                           add x17, x27, #0x8
;;                                           mov w16, #0x1
;;                                           str w16, [x17, w0, uxtw]
;;   local.get 0
;;   i32.load offset=4                       add x17, x27, #0x4
;;                                           ldr w1, [x17, w0, uxtw]
;;   local.get 0
;;   i32.load                                ldr x16, [x28, #0x40]
;;                                           ldr x16, [x16, #0x8]
;;                                           subs x16, x16, #0x4
;;                                           cmp x16, w0
;;                                           b.lo L1
;;                                           ldr w0, [x27, w0, uxtw]
;;   i32.add                                 add w0, w0, w1
;;   end                                     mov sp, x29
;;                                           ldp x29, x30, [sp], #0x10
;;                                           ret
;;                                       L0:
;;                                           udf #1
;;                                       L1:
;;                                           udf #1
;;
;; changed (frame of 32)
;;                                           stp x29, x30, [sp, #-0x10]!
;;                                           mov x29, sp
;;                                           sub sp, sp, #0x20
;;   local.get 0
;;   i32.const 1
;;   i32.store offset=8                      ldr x16, [x28, #0x40]
;;                                           ldr x16, [x16, #0x8]
;;                                           subs x16, x16, #0xc
;;                                           cmp x16, w0
;;                                           b.lo L0
;;                                           add x17, x27, #0x8
;;                                           mov w16, #0x1
;;                                           str w16, [x17, w0, uxtw]
;;   local.get 0
;;   i32.const 8
;;   i32.add                                 add w0, w0, #0x8
;;   local.set 0
;;   local.get 0
;;   i32.load                                ldr x16, [x28, #0x40]
;;                                           ldr x16, [x16, #0x8]
;;                                           subs x16, x16, #0x4
;;                                           cmp x16, w0
;;                                           b.lo L1
;;                                           ldr w0, [x27, w0, uxtw]
;;   end                                     mov sp, x29
;;                                           ldp x29, x30, [sp], #0x10
;;                                           ret
;;                                       L0:
;;                                           udf #1
;;                                       L1:
;;                                           udf #1
;;
;; copy (frame of 48)
;;                                           stp x29, x30, [sp, #-0x10]!
;;                                           mov x29, sp
;;                                           sub sp, sp, #0x30
;;                                           ldr x16, [x28]
;;                                           ldr x16, [x16]
;;                                           cmp sp, x16
;;                                           b.lo L0
;;   local.get 0
;;   local.get 1
;;   i32.const 16
;;   memory.copy                             ldr x16, [x28, #0x40]
;;                                           ldr x16, [x16, #0x8]
;;                                           subs x16, x16, #0x10
;;                                           cmp x16, w1
;;                                           b.lo L1
;;                                           add x17, x27, #0x8
;;                                           ldr d0, [x17, w1, uxtw]
;;                                           ldr d1, [x27, w1, uxtw]
;;                                           ldr x16, [x28, #0x40]
;;                                           ldr x16, [x16, #0x8]
;;                                           subs x16, x16, #0x10
;;                                           cmp x16, w0
;;                                           b.lo L2
;;                                           add x17, x27, #0x8
;;                                           str d0, [x17, w0, uxtw]
;;                                           str d1, [x27, w0, uxtw]
;;   end                                     mov sp, x29
;;                                           ldp x29, x30, [sp], #0x10
;;                                           ret
;;                                       L0:
;;                                           udf #9  ; trap: call stack exhausted
;;                                       L1:
;;                                           udf #1
;;                                       L2:
;;                                           udf #1
