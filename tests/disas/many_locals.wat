;; More live locals than registers: the heaviest stay in registers, the others
;; in the frame.
(module
  (func $many (param $count i32) (result i64)
    (local $x0 i64) (local $x1 i64) (local $x2 i64) (local $x3 i64) (local $x4 i64) (local $x5 i64) (local $x6 i64) (local $x7 i64) (local $x8 i64) (local $x9 i64) (local $x10 i64) (local $x11 i64) (local $x12 i64) (local $x13 i64) (local $x14 i64) (local $x15 i64) (local $x16 i64) (local $x17 i64) (local $x18 i64) (local $x19 i64) (local $x20 i64) (local $x21 i64) (local $x22 i64) (local $x23 i64) (local $x24 i64) (local $x25 i64) (local $x26 i64) (local $x27 i64) (local $x28 i64) (local $x29 i64) (local $x30 i64) (local $x31 i64)
    (loop $next
      (local.set $x0 (i64.add (local.get $x0) (local.get $x1)))
      (local.set $x1 (i64.add (local.get $x1) (local.get $x2)))
      (local.set $x2 (i64.add (local.get $x2) (local.get $x3)))
      (local.set $x3 (i64.add (local.get $x3) (local.get $x4)))
      (local.set $x4 (i64.add (local.get $x4) (local.get $x5)))
      (local.set $x5 (i64.add (local.get $x5) (local.get $x6)))
      (local.set $x6 (i64.add (local.get $x6) (local.get $x7)))
      (local.set $x7 (i64.add (local.get $x7) (local.get $x8)))
      (local.set $x8 (i64.add (local.get $x8) (local.get $x9)))
      (local.set $x9 (i64.add (local.get $x9) (local.get $x10)))
      (local.set $x10 (i64.add (local.get $x10) (local.get $x11)))
      (local.set $x11 (i64.add (local.get $x11) (local.get $x12)))
      (local.set $x12 (i64.add (local.get $x12) (local.get $x13)))
      (local.set $x13 (i64.add (local.get $x13) (local.get $x14)))
      (local.set $x14 (i64.add (local.get $x14) (local.get $x15)))
      (local.set $x15 (i64.add (local.get $x15) (local.get $x16)))
      (local.set $x16 (i64.add (local.get $x16) (local.get $x17)))
      (local.set $x17 (i64.add (local.get $x17) (local.get $x18)))
      (local.set $x18 (i64.add (local.get $x18) (local.get $x19)))
      (local.set $x19 (i64.add (local.get $x19) (local.get $x20)))
      (local.set $x20 (i64.add (local.get $x20) (local.get $x21)))
      (local.set $x21 (i64.add (local.get $x21) (local.get $x22)))
      (local.set $x22 (i64.add (local.get $x22) (local.get $x23)))
      (local.set $x23 (i64.add (local.get $x23) (local.get $x24)))
      (local.set $x24 (i64.add (local.get $x24) (local.get $x25)))
      (local.set $x25 (i64.add (local.get $x25) (local.get $x26)))
      (local.set $x26 (i64.add (local.get $x26) (local.get $x27)))
      (local.set $x27 (i64.add (local.get $x27) (local.get $x28)))
      (local.set $x28 (i64.add (local.get $x28) (local.get $x29)))
      (local.set $x29 (i64.add (local.get $x29) (local.get $x30)))
      (local.set $x30 (i64.add (local.get $x30) (local.get $x31)))
      (local.set $x31 (i64.add (local.get $x31) (local.get $x0)))
      (local.set $x0 (i64.add (local.get $x0) (i64.mul (local.get $x0) (local.get $x1))))
      (br_if $next (local.tee $count (i32.sub (local.get $count) (i32.const 1)))))
    (local.get $x0)))

;;; x86_64
;;
;; many (frame of 320)
;;                                           push rbp
;;                                           mov rbp, rsp
;;                                           push rbx
;;                                           push r12
;;                                           push r13
;;                                           sub rsp, 0x128
;;                                           mov r11, [r15]
;;                                           cmp rsp, [r11]
;;                                           jb L3
;;                                           xorps xmm15, xmm15
;;                                           mov r11, -0x20
;;                                       L0:
;;                                           movups [rbp + r11*8 - 0x20], xmm15
;;                                           add r11, 2
;;                                           jne L0
;;   loop $next                              mov [rbp - 0x20], edi
;;                                           mov rbx, [rbp - 0x28]
;;                                           mov rsi, [rbp - 0x30]
;;                                           mov r8, [rbp - 0x38]
;;                                           mov r9, [rbp - 0x40]
;;                                           mov r10, [rbp - 0x48]
;;                                           mov r12, [rbp - 0x50]
;;                                           mov r13, [rbp - 0x58]
;;                                           nop [rax + rax]
;;                                       L1:
;;   local.get $x0
;;   local.get $x1
;;   i64.add                                 add rbx, rsi  ; loop: local 1 in rbx, 2 in rsi, 3 in r8, 4 in r9, 5 in r10, 6 in r12, 7 in r13
;;   local.set $x0
;;   local.get $x1
;;   local.get $x2
;;   i64.add                                 add rsi, r8
;;   local.set $x1
;;   local.get $x2
;;   local.get $x3
;;   i64.add                                 add r8, r9
;;   local.set $x2
;;   local.get $x3
;;   local.get $x4
;;   i64.add                                 add r9, r10
;;   local.set $x3
;;   local.get $x4
;;   local.get $x5
;;   i64.add                                 add r10, r12
;;   local.set $x4
;;   local.get $x5
;;   local.get $x6
;;   i64.add                                 add r12, r13
;;   local.set $x5
;;   local.get $x6
;;   local.get $x7
;;   i64.add                                 mov rdi, [rbp - 0x60]
;;                                           add r13, rdi
;;   local.set $x6
;;   local.get $x7
;;   local.get $x8
;;   i64.add                                 mov rax, [rbp - 0x68]
;;                                           add rdi, rax
;;   local.set $x7
;;   local.get $x8
;;   local.get $x9
;;   i64.add                                 mov rcx, [rbp - 0x70]
;;                                           add rax, rcx
;;   local.set $x8
;;   local.get $x9
;;   local.get $x10
;;   i64.add                                 mov rdx, [rbp - 0x78]
;;                                           add rcx, rdx
;;   local.set $x9
;;   local.get $x10
;;   local.get $x11
;;   i64.add                                 add rdx, [rbp - 0x80]
;;   local.set $x10
;;   local.get $x11
;;   local.get $x12
;;   i64.add                                 mov [rbp - 0x68], rax
;;                                           mov rax, [rbp - 0x80]
;;                                           add rax, [rbp - 0x88]
;;   local.set $x11
;;   local.get $x12
;;   local.get $x13
;;   i64.add                                 mov [rbp - 0x80], rax
;;                                           mov rax, [rbp - 0x88]
;;                                           add rax, [rbp - 0x90]
;;   local.set $x12
;;   local.get $x13
;;   local.get $x14
;;   i64.add                                 mov [rbp - 0x88], rax
;;                                           mov rax, [rbp - 0x90]
;;                                           add rax, [rbp - 0x98]
;;   local.set $x13
;;   local.get $x14
;;   local.get $x15
;;   i64.add                                 mov [rbp - 0x90], rax
;;                                           mov rax, [rbp - 0x98]
;;                                           add rax, [rbp - 0xa0]
;;   local.set $x14
;;   local.get $x15
;;   local.get $x16
;;   i64.add                                 mov [rbp - 0x98], rax
;;                                           mov rax, [rbp - 0xa0]
;;                                           add rax, [rbp - 0xa8]
;;   local.set $x15
;;   local.get $x16
;;   local.get $x17
;;   i64.add                                 mov [rbp - 0xa0], rax
;;                                           mov rax, [rbp - 0xa8]
;;                                           add rax, [rbp - 0xb0]
;;   local.set $x16
;;   local.get $x17
;;   local.get $x18
;;   i64.add                                 mov [rbp - 0xa8], rax
;;                                           mov rax, [rbp - 0xb0]
;;                                           add rax, [rbp - 0xb8]
;;   local.set $x17
;;   local.get $x18
;;   local.get $x19
;;   i64.add                                 mov [rbp - 0xb0], rax
;;                                           mov rax, [rbp - 0xb8]
;;                                           add rax, [rbp - 0xc0]
;;   local.set $x18
;;   local.get $x19
;;   local.get $x20
;;   i64.add                                 mov [rbp - 0xb8], rax
;;                                           mov rax, [rbp - 0xc0]
;;                                           add rax, [rbp - 0xc8]
;;   local.set $x19
;;   local.get $x20
;;   local.get $x21
;;   i64.add                                 mov [rbp - 0xc0], rax
;;                                           mov rax, [rbp - 0xc8]
;;                                           add rax, [rbp - 0xd0]
;;   local.set $x20
;;   local.get $x21
;;   local.get $x22
;;   i64.add                                 mov [rbp - 0xc8], rax
;;                                           mov rax, [rbp - 0xd0]
;;                                           add rax, [rbp - 0xd8]
;;   local.set $x21
;;   local.get $x22
;;   local.get $x23
;;   i64.add                                 mov [rbp - 0xd0], rax
;;                                           mov rax, [rbp - 0xd8]
;;                                           add rax, [rbp - 0xe0]
;;   local.set $x22
;;   local.get $x23
;;   local.get $x24
;;   i64.add                                 mov [rbp - 0xd8], rax
;;                                           mov rax, [rbp - 0xe0]
;;                                           add rax, [rbp - 0xe8]
;;   local.set $x23
;;   local.get $x24
;;   local.get $x25
;;   i64.add                                 mov [rbp - 0xe0], rax
;;                                           mov rax, [rbp - 0xe8]
;;                                           add rax, [rbp - 0xf0]
;;   local.set $x24
;;   local.get $x25
;;   local.get $x26
;;   i64.add                                 mov [rbp - 0xe8], rax
;;                                           mov rax, [rbp - 0xf0]
;;                                           add rax, [rbp - 0xf8]
;;   local.set $x25
;;   local.get $x26
;;   local.get $x27
;;   i64.add                                 mov [rbp - 0xf0], rax
;;                                           mov rax, [rbp - 0xf8]
;;                                           add rax, [rbp - 0x100]
;;   local.set $x26
;;   local.get $x27
;;   local.get $x28
;;   i64.add                                 mov [rbp - 0xf8], rax
;;                                           mov rax, [rbp - 0x100]
;;                                           add rax, [rbp - 0x108]
;;   local.set $x27
;;   local.get $x28
;;   local.get $x29
;;   i64.add                                 mov [rbp - 0x100], rax
;;                                           mov rax, [rbp - 0x108]
;;                                           add rax, [rbp - 0x110]
;;   local.set $x28
;;   local.get $x29
;;   local.get $x30
;;   i64.add                                 mov [rbp - 0x108], rax
;;                                           mov rax, [rbp - 0x110]
;;                                           add rax, [rbp - 0x118]
;;   local.set $x29
;;   local.get $x30
;;   local.get $x31
;;   i64.add                                 mov [rbp - 0x110], rax
;;                                           mov rax, [rbp - 0x118]
;;                                           add rax, [rbp - 0x120]
;;   local.set $x30
;;   local.get $x31
;;   local.get $x0
;;   i64.add                                 mov [rbp - 0x118], rax
;;                                           mov rax, [rbp - 0x120]
;;                                           add rax, rbx
;;   local.set $x31
;;   local.get $x0
;;   local.get $x0
;;   local.get $x1
;;   i64.mul                                 mov [rbp - 0x120], rax
;;                                           mov rax, rbx
;;                                           imul rax, rsi
;;   i64.add                                 add rbx, rax
;;   local.set $x0
;;   local.get $count
;;   i32.const 1
;;   i32.sub                                 mov eax, [rbp - 0x20]
;;                                           dec eax
;;   local.tee $count
;;   br_if $next                             je L2
;;                                           mov [rbp - 0x20], eax
;;                                           mov [rbp - 0x70], rcx
;;                                           mov [rbp - 0x78], rdx
;;                                           mov [rbp - 0x60], rdi
;;                                           jmp L1
;;                                       L2:
;;   end
;;   local.get $x0
;;   end                                     mov rax, rbx
;;                                           mov rbx, [rbp - 8]
;;                                           mov r12, [rbp - 0x10]
;;                                           mov r13, [rbp - 0x18]
;;                                           leave
;;                                           ret
;;                                       L3:
;;                                           ud2  ; trap: call stack exhausted

;;; aarch64
;;
;; many (frame of 368)
;;                                           stp x29, x30, [sp, #-0x10]!
;;                                           mov x29, sp
;;                                           sub sp, sp, #0x170
;;                                           ldr x16, [x28]
;;                                           ldr x16, [x16]
;;                                           cmp sp, x16
;;                                           b.lo L3
;;                                           stp x20, x19, [x29, #-0x10]
;;                                           stp x22, x21, [x29, #-0x20]
;;                                           stp x24, x23, [x29, #-0x30]
;;                                           stp x26, x25, [x29, #-0x40]
;;                                           sub x17, x29, #0x148
;;                                           movi v30.2d, #0x0
;;                                           mov w16, #0x8
;;                                       L0:
;;                                           stp q30, q30, [x17], #0x20
;;                                           subs x16, x16, #0x1
;;                                           b.ne L0
;;   loop $next                              stur w0, [x29, #-0x48]
;;                                           ldur x1, [x29, #-0x50]
;;                                           ldur x2, [x29, #-0x58]
;;                                           ldur x3, [x29, #-0x60]
;;                                           ldur x4, [x29, #-0x68]
;;                                           ldur x5, [x29, #-0x70]
;;                                           ldur x6, [x29, #-0x78]
;;                                           ldur x7, [x29, #-0x80]
;;                                           ldur x8, [x29, #-0x88]
;;                                           ldur x9, [x29, #-0x90]
;;                                           ldur x10, [x29, #-0x98]
;;                                           ldur x11, [x29, #-0xa0]
;;                                           ldur x12, [x29, #-0xa8]
;;                                           ldur x19, [x29, #-0xb0]
;;                                           ldur x20, [x29, #-0xb8]
;;                                           ldur x21, [x29, #-0xc0]
;;                                           ldur x22, [x29, #-0xc8]
;;                                           ldur x23, [x29, #-0xd0]
;;                                           nop
;;                                       L1:
;;   local.get $x0
;;   local.get $x1
;;   i64.add                                 add x1, x1, x2  ; loop: local 1 in x1, 2 in x2, 3 in x3, 4 in x4, 5 in x5, 6 in x6, 7 in x7, 8 in x8, 9 in x9, 10 in x10, 11 in x11, 12 in x12, 13 in x19, 14 in x20, 15 in x21, 16 in x22, 17 in x23
;;   local.set $x0
;;   local.get $x1
;;   local.get $x2
;;   i64.add                                 add x2, x2, x3
;;   local.set $x1
;;   local.get $x2
;;   local.get $x3
;;   i64.add                                 add x3, x3, x4
;;   local.set $x2
;;   local.get $x3
;;   local.get $x4
;;   i64.add                                 add x4, x4, x5
;;   local.set $x3
;;   local.get $x4
;;   local.get $x5
;;   i64.add                                 add x5, x5, x6
;;   local.set $x4
;;   local.get $x5
;;   local.get $x6
;;   i64.add                                 add x6, x6, x7
;;   local.set $x5
;;   local.get $x6
;;   local.get $x7
;;   i64.add                                 add x7, x7, x8
;;   local.set $x6
;;   local.get $x7
;;   local.get $x8
;;   i64.add                                 add x8, x8, x9
;;   local.set $x7
;;   local.get $x8
;;   local.get $x9
;;   i64.add                                 add x9, x9, x10
;;   local.set $x8
;;   local.get $x9
;;   local.get $x10
;;   i64.add                                 add x10, x10, x11
;;   local.set $x9
;;   local.get $x10
;;   local.get $x11
;;   i64.add                                 add x11, x11, x12
;;   local.set $x10
;;   local.get $x11
;;   local.get $x12
;;   i64.add                                 add x12, x12, x19
;;   local.set $x11
;;   local.get $x12
;;   local.get $x13
;;   i64.add                                 add x19, x19, x20
;;   local.set $x12
;;   local.get $x13
;;   local.get $x14
;;   i64.add                                 add x20, x20, x21
;;   local.set $x13
;;   local.get $x14
;;   local.get $x15
;;   i64.add                                 add x21, x21, x22
;;   local.set $x14
;;   local.get $x15
;;   local.get $x16
;;   i64.add                                 add x22, x22, x23
;;   local.set $x15
;;   local.get $x16
;;   local.get $x17
;;   i64.add                                 ldur x0, [x29, #-0xd8]
;;                                           add x23, x23, x0
;;   local.set $x16
;;   local.get $x17
;;   local.get $x18
;;   i64.add                                 ldur x24, [x29, #-0xe0]
;;                                           add x0, x0, x24
;;   local.set $x17
;;   local.get $x18
;;   local.get $x19
;;   i64.add                                 ldur x25, [x29, #-0xe8]
;;                                           add x24, x24, x25
;;   local.set $x18
;;   local.get $x19
;;   local.get $x20
;;   i64.add                                 ldur x26, [x29, #-0xf0]
;;                                           add x25, x25, x26
;;   local.set $x19
;;   local.get $x20
;;   local.get $x21
;;   i64.add                                 ldur x16, [x29, #-0xf8]
;;                                           add x26, x26, x16
;;   local.set $x20
;;   local.get $x21
;;   local.get $x22
;;   i64.add                                 stur x0, [x29, #-0xd8]
;;                                           ldur x0, [x29, #-0xf8]
;;                                           ldur x16, [x29, #-0x100]
;;                                           add x0, x0, x16
;;   local.set $x21
;;   local.get $x22
;;   local.get $x23
;;   i64.add                                 stur x0, [x29, #-0xf8]
;;                                           ldur x0, [x29, #-0x100]
;;                                           ldr x16, [sp, #0x68]
;;                                           add x0, x0, x16
;;   local.set $x22
;;   local.get $x23
;;   local.get $x24
;;   i64.add                                 stur x0, [x29, #-0x100]
;;                                           ldr x0, [sp, #0x68]
;;                                           ldr x16, [sp, #0x60]
;;                                           add x0, x0, x16
;;   local.set $x23
;;   local.get $x24
;;   local.get $x25
;;   i64.add                                 str x0, [sp, #0x68]
;;                                           ldr x0, [sp, #0x60]
;;                                           ldr x16, [sp, #0x58]
;;                                           add x0, x0, x16
;;   local.set $x24
;;   local.get $x25
;;   local.get $x26
;;   i64.add                                 str x0, [sp, #0x60]
;;                                           ldr x0, [sp, #0x58]
;;                                           ldr x16, [sp, #0x50]
;;                                           add x0, x0, x16
;;   local.set $x25
;;   local.get $x26
;;   local.get $x27
;;   i64.add                                 str x0, [sp, #0x58]
;;                                           ldr x0, [sp, #0x50]
;;                                           ldr x16, [sp, #0x48]
;;                                           add x0, x0, x16
;;   local.set $x26
;;   local.get $x27
;;   local.get $x28
;;   i64.add                                 str x0, [sp, #0x50]
;;                                           ldr x0, [sp, #0x48]
;;                                           ldr x16, [sp, #0x40]
;;                                           add x0, x0, x16
;;   local.set $x27
;;   local.get $x28
;;   local.get $x29
;;   i64.add                                 str x0, [sp, #0x48]
;;                                           ldr x0, [sp, #0x40]
;;                                           ldr x16, [sp, #0x38]
;;                                           add x0, x0, x16
;;   local.set $x28
;;   local.get $x29
;;   local.get $x30
;;   i64.add                                 str x0, [sp, #0x40]
;;                                           ldr x0, [sp, #0x38]
;;                                           ldr x16, [sp, #0x30]
;;                                           add x0, x0, x16
;;   local.set $x29
;;   local.get $x30
;;   local.get $x31
;;   i64.add                                 str x0, [sp, #0x38]
;;                                           ldr x0, [sp, #0x30]
;;                                           ldr x16, [sp, #0x28]
;;                                           add x0, x0, x16
;;   local.set $x30
;;   local.get $x31
;;   local.get $x0
;;   i64.add                                 str x0, [sp, #0x30]
;;                                           ldr x0, [sp, #0x28]
;;                                           add x0, x0, x1
;;   local.set $x31
;;   local.get $x0
;;   local.get $x0
;;   local.get $x1
;;   i64.mul                                 str x0, [sp, #0x28]
;;   i64.add                                 madd x1, x1, x2, x1
;;   local.set $x0
;;   local.get $count
;;   i32.const 1
;;   i32.sub                                 ldur w0, [x29, #-0x48]
;;                                           sub w0, w0, #0x1
;;   local.tee $count
;;   br_if $next                             cbz w0, L2
;;                                           stur w0, [x29, #-0x48]
;;                                           stur x24, [x29, #-0xe0]
;;                                           stur x25, [x29, #-0xe8]
;;                                           stur x26, [x29, #-0xf0]
;;                                           b L1
;;                                       L2:
;;   end
;;   local.get $x0
;;   end                                     mov x0, x1
;;                                           ldp x20, x19, [x29, #-0x10]
;;                                           ldp x22, x21, [x29, #-0x20]
;;                                           ldp x24, x23, [x29, #-0x30]
;;                                           ldp x26, x25, [x29, #-0x40]
;;                                           mov sp, x29
;;                                           ldp x29, x30, [sp], #0x10
;;                                           ret
;;                                       L3:
;;                                           udf #9  ; trap: call stack exhausted
