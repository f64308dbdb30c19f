;;! bounds = explicit
;; Explicit bounds checks, for memories without guard pages.
(module
  (memory 1)
  (func $load (param i32) (result i32) (i32.load (local.get 0)))
  (func $load_offset (param i32) (result i64) (i64.load offset=100 (local.get 0)))
  (func $large_offset (param i32) (result i32) (i32.load8_u offset=0xffffffff (local.get 0)))
  (func $constant (result i32) (i32.load (i32.const 16)))
  (func $store (param i32 f64) (f64.store offset=8 (local.get 0) (local.get 1)))
  (func $same_address_twice (param i32) (result i32)
    (i32.add (i32.load (local.get 0)) (i32.load offset=4 (local.get 0)))))

;;; x86_64
;;
;; load (frame of 32)
;;                                           push rbp
;;                                           mov rbp, rsp
;;   local.get 0
;;   i32.load                                mov r11, [r15 + 0x40]
;;                                           mov r11, [r11 + 8]
;;                                           sub r11, 4
;;                                           cmp rdi, r11
;;                                           ja L0
;;                                           mov eax, [r14 + rdi]
;;   end                                     pop rbp
;;                                           ret
;;                                       L0:
;;                                           ud2
;;
;; load_offset (frame of 32)
;;                                           push rbp
;;                                           mov rbp, rsp
;;   local.get 0
;;   i64.load offset=100                     mov r11, [r15 + 0x40]
;;                                           mov r11, [r11 + 8]
;;                                           sub r11, 0x6c
;;                                           cmp rdi, r11
;;                                           ja L0
;;                                           mov rax, [r14 + rdi + 0x64]
;;   end                                     pop rbp
;;                                           ret
;;                                       L0:
;;                                           ud2
;;
;; large_offset (frame of 32)
;;                                           push rbp
;;                                           mov rbp, rsp
;;   local.get 0
;;   i32.load8_u offset=4294967295           mov r11, [r15 + 0x40]
;;                                           mov r11, [r11 + 8]
;;                                           sub r11, [rip + C0]
;;                                           jb L0
;;                                           cmp rdi, r11
;;                                           ja L0
;;                                           mov r11d, -1
;;                                           add r11, rdi
;;                                           movzx eax, byte ptr [r14 + r11]
;;   end                                     pop rbp
;;                                           ret
;;                                       L0:
;;                                           ud2
;;                                           .word 0x00000000
;;                                       C0:
;;                                           .word 0x00000000
;;                                           .word 0x00000001
;;
;; constant (frame of 16)
;;                                           push rbp
;;                                           mov rbp, rsp
;;   i32.const 16
;;   i32.load                                mov eax, [r14 + 0x10]
;;   end                                     pop rbp
;;                                           ret
;;                                           ud2
;;
;; store (frame of 32)
;;                                           push rbp
;;                                           mov rbp, rsp
;;   local.get 0
;;   local.get 1
;;   f64.store offset=8                      mov r11, [r15 + 0x40]
;;                                           mov r11, [r11 + 8]
;;                                           sub r11, 0x10
;;                                           cmp rdi, r11
;;                                           ja L0
;;                                           movsd [r14 + rdi + 8], xmm0
;;   end                                     pop rbp
;;                                           ret
;;                                       L0:
;;                                           ud2
;;
;; same_address_twice (frame of 32)
;;                                           push rbp
;;                                           mov rbp, rsp
;;   local.get 0
;;   i32.load                                mov r11, [r15 + 0x40]
;;                                           mov r11, [r11 + 8]
;;                                           sub r11, 4
;;                                           cmp rdi, r11
;;                                           ja L0
;;                                           mov esi, [r14 + rdi]
;;   local.get 0
;;   i32.load offset=4                       mov r11, [r15 + 0x40]
;;                                           mov r11, [r11 + 8]
;;                                           sub r11, 8
;;                                           cmp rdi, r11
;;                                           ja L1
;;                                           mov edi, [r14 + rdi + 4]
;;   i32.add                                 lea eax, [rsi + rdi]
;;   end                                     pop rbp
;;                                           ret
;;                                       L0:
;;                                           ud2
;;                                       L1:
;;                                           ud2

;;; aarch64
;;
;; load (frame of 32)
;;                                           stp x29, x30, [sp, #-0x10]!
;;                                           mov x29, sp
;;                                           sub sp, sp, #0x20
;;   local.get 0
;;   i32.load                                ldr x16, [x28, #0x40]
;;                                           ldr x16, [x16, #0x8]
;;                                           subs x16, x16, #0x4
;;                                           cmp x16, w0
;;                                           b.lo L0
;;                                           ldr w0, [x27, w0, uxtw]
;;   end                                     mov sp, x29
;;                                           ldp x29, x30, [sp], #0x10
;;                                           ret
;;                                       L0:
;;                                           udf #1
;;
;; load_offset (frame of 32)
;;                                           stp x29, x30, [sp, #-0x10]!
;;                                           mov x29, sp
;;                                           sub sp, sp, #0x20
;;   local.get 0
;;   i64.load offset=100                     ldr x16, [x28, #0x40]
;;                                           ldr x16, [x16, #0x8]
;;                                           subs x16, x16, #0x6c
;;                                           cmp x16, w0
;;                                           b.lo L0
;;                                           add x17, x27, #0x64
;;                                           ldr x0, [x17, w0, uxtw]
;;   end                                     mov sp, x29
;;                                           ldp x29, x30, [sp], #0x10
;;                                           ret
;;                                       L0:
;;                                           udf #1
;;
;; large_offset (frame of 32)
;;                                           stp x29, x30, [sp, #-0x10]!
;;                                           mov x29, sp
;;                                           sub sp, sp, #0x20
;;   local.get 0
;;   i32.load8_u offset=4294967295           ldr x16, [x28, #0x40]
;;                                           ldr x16, [x16, #0x8]
;;                                           mov x17, #0x100000000
;;                                           add x17, x17, w0
;;                                           cmp x16, x17
;;                                           b.lo L0
;;                                           mov w17, #0xffffffff
;;                                           add x17, x27, x17
;;                                           ldrb w0, [x17, w0, uxtw]
;;   end                                     mov sp, x29
;;                                           ldp x29, x30, [sp], #0x10
;;                                           ret
;;                                       L0:
;;                                           udf #1
;;
;; constant (frame of 16)
;;                                           stp x29, x30, [sp, #-0x10]!
;;                                           mov x29, sp
;;                                           sub sp, sp, #0x10
;;   i32.const 16
;;   i32.load                                ldr w0, [x27, #0x10]
;;   end                                     mov sp, x29
;;                                           ldp x29, x30, [sp], #0x10
;;                                           ret
;;                                           udf #1
;;
;; store (frame of 32)
;;                                           stp x29, x30, [sp, #-0x10]!
;;                                           mov x29, sp
;;                                           sub sp, sp, #0x20
;;   local.get 0
;;   local.get 1
;;   f64.store offset=8                      ldr x16, [x28, #0x40]
;;                                           ldr x16, [x16, #0x8]
;;                                           subs x16, x16, #0x10
;;                                           cmp x16, w0
;;                                           b.lo L0
;;                                           add x17, x27, #0x8
;;                                           str d0, [x17, w0, uxtw]
;;   end                                     mov sp, x29
;;                                           ldp x29, x30, [sp], #0x10
;;                                           ret
;;                                       L0:
;;                                           udf #1
;;
;; same_address_twice (frame of 32)
;;                                           stp x29, x30, [sp, #-0x10]!
;;                                           mov x29, sp
;;                                           sub sp, sp, #0x20
;;   local.get 0
;;   i32.load                                ldr x16, [x28, #0x40]
;;                                           ldr x16, [x16, #0x8]
;;                                           subs x16, x16, #0x4
;;                                           cmp x16, w0
;;                                           b.lo L0
;;                                           ldr w1, [x27, w0, uxtw]
;;   local.get 0
;;   i32.load offset=4                       ldr x16, [x28, #0x40]
;;                                           ldr x16, [x16, #0x8]
;;                                           subs x16, x16, #0x8
;;                                           cmp x16, w0
;;                                           b.lo L1
;;                                           add x17, x27, #0x4
;;                                           ldr w0, [x17, w0, uxtw]
;;   i32.add                                 add w0, w0, w1
;;   end                                     mov sp, x29
;;                                           ldp x29, x30, [sp], #0x10
;;                                           ret
;;                                       L0:
;;                                           udf #1
;;                                       L1:
;;                                           udf #1
