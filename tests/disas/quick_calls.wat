;;! tier = quick
;; What is in a register goes to its slot before a call; arguments and results
;; travel by the convention.
(module
  (type $binary (func (param i32 i32) (result i32)))
  (import "env" "host" (func $host (param i32)))
  (table 4 funcref)
  (func $many (param i32 i64 f64 i32 i32 i32 i32 i32 i32) (result i32 f64)
    (local.get 8) (local.get 2))
  (func $calls (param $a i32) (param $b f64) (result f64)
    (i32.mul (local.get $a) (local.get $a))
    (call $many
      (i32.const 1) (i64.const 2) (f64.neg (local.get $b)) (local.get $a) (i32.const 5)
      (i32.add (local.get $a) (i32.const 6)) (i32.const 7) (local.get $a) (i32.const 9))
    (local.set $b)
    (call $host)
    (call_indirect (type $binary) (local.get $a) (i32.const 3) (local.get $a))
    (i32.sub)
    (call $host)
    (local.get $b)))

;;; x86_64
;;
;; many (frame of 112)
;;                                           push rbp
;;                                           mov rbp, rsp
;;                                           sub rsp, 0x70
;;                                           mov r11, [r15]
;;                                           cmp rsp, [r11]
;;                                           jb L0
;;                                           mov [rbp - 8], r15
;;                                           mov [rbp - 0x10], edi
;;                                           mov [rbp - 0x18], rsi
;;                                           movsd [rbp - 0x20], xmm0
;;                                           mov [rbp - 0x28], edx
;;                                           mov [rbp - 0x30], ecx
;;                                           mov [rbp - 0x38], r8d
;;                                           mov [rbp - 0x40], r9d
;;   local.get 8
;;   local.get 2
;;   end                                     mov eax, [rbp + 0x18]
;;                                           movsd xmm0, [rbp - 0x20]
;;                                           leave
;;                                           ret 0x10
;;                                       L0:
;;                                           ud2  ; trap: call stack exhausted
;;
;; calls (frame of 128)
;;                                           push rbp
;;                                           mov rbp, rsp
;;                                           add rsp, -0x80
;;                                           mov r11, [r15]
;;                                           cmp rsp, [r11]
;;                                           jb L1
;;                                           mov [rbp - 8], r15
;;                                           mov [rbp - 0x10], edi
;;                                           movsd [rbp - 0x18], xmm0
;;   local.get $a
;;   local.get $a
;;   i32.mul                                 mov esi, [rbp - 0x10]
;;                                           imul esi, [rbp - 0x10]
;;   i32.const 1
;;   i64.const 2
;;   local.get $b
;;   f64.neg                                 movsd xmm0, [rbp - 0x18]
;;                                           xorps xmm0, [rip + C0]
;;   local.get $a
;;   i32.const 5
;;   local.get $a
;;   i32.const 6
;;   i32.add                                 mov edi, [rbp - 0x10]
;;                                           add edi, 6
;;   i32.const 7
;;   local.get $a
;;   i32.const 9
;;   call $many                              mov r11d, [rbp - 0x10]
;;                                           mov [rbp - 0x80], r11d
;;                                           mov dword ptr [rbp - 0x78], 9
;;                                           mov [rbp - 0x28], esi
;;                                           mov r8d, edi
;;                                           mov edi, 1
;;                                           mov esi, 2
;;                                           mov edx, [rbp - 0x10]
;;                                           mov ecx, 5
;;                                           mov r9d, 7
;;                                           call $many
;;                                           sub rsp, 0x10
;;   local.set $b                            movsd [rbp - 0x18], xmm0
;;   call $host                              mov edi, eax
;;                                           mov r10, r15
;;                                           mov r11, [r15 + 0x40]
;;                                           mov r15, [r15 + 0x48]
;;                                           mov r14, [r15 + 0x10]
;;                                           mov r14, [r14]
;;                                           call r11
;;                                           mov r15, [rbp - 8]
;;                                           mov r14, [r15 + 0x10]
;;                                           mov r14, [r14]
;;   local.get $a
;;   i32.const 3
;;   local.get $a
;;   call_indirect (type $binary)            mov r11, [r15 + 0x60]
;;                                           mov esi, [rbp - 0x10]
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
;;                                           mov esi, 3
;;                                           mov edi, [rbp - 0x10]
;;                                           cmp [r10 + 8], r15
;;                                           jne L5
;;                                           call qword ptr [r10]
;;                                       L0:
;;   i32.sub                                 mov esi, [rbp - 0x28]
;;                                           sub esi, eax
;;   call $host                              mov edi, esi
;;                                           mov r10, r15
;;                                           mov r11, [r15 + 0x40]
;;                                           mov r15, [r15 + 0x48]
;;                                           mov r14, [r15 + 0x10]
;;                                           mov r14, [r14]
;;                                           call r11
;;                                           mov r15, [rbp - 8]
;;                                           mov r14, [r15 + 0x10]
;;                                           mov r14, [r14]
;;   local.get $b
;;   end                                     movsd xmm0, [rbp - 0x18]
;;                                           leave
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
;;                                           .word 0x00000000
;;                                           .word 0x00000000
;;                                           .byte 0x00
;;                                       C0:
;;                                           .word 0x00000000
;;                                           .word 0x80000000
;;                                           .word 0x00000000
;;                                           .word 0x80000000

;;; aarch64
;;
;; many (frame of 128)
;;                                           stp x29, x30, [sp, #-0x10]!
;;                                           mov x29, sp
;;                                           sub sp, sp, #0x80
;;                                           ldr x16, [x28]
;;                                           ldr x16, [x16]
;;                                           cmp sp, x16
;;                                           b.lo L0
;;                                           stur x28, [x29, #-0x8]
;;                                           stur w0, [x29, #-0x10]
;;                                           stur x1, [x29, #-0x18]
;;                                           stur d0, [x29, #-0x20]
;;                                           stur w2, [x29, #-0x28]
;;                                           stur w3, [x29, #-0x30]
;;                                           stur w4, [x29, #-0x38]
;;                                           stur w5, [x29, #-0x40]
;;                                           stur w6, [x29, #-0x48]
;;                                           stur w7, [x29, #-0x50]
;;   local.get 8
;;   local.get 2
;;   end                                     ldur w0, [x29, #-0x50]
;;                                           ldur d0, [x29, #-0x20]
;;                                           mov sp, x29
;;                                           ldp x29, x30, [sp], #0x10
;;                                           ret
;;                                       L0:
;;                                           udf #9  ; trap: call stack exhausted
;;
;; calls (frame of 112)
;;                                           stp x29, x30, [sp, #-0x10]!
;;                                           mov x29, sp
;;                                           sub sp, sp, #0x70
;;                                           ldr x16, [x28]
;;                                           ldr x16, [x16]
;;                                           cmp sp, x16
;;                                           b.lo L1
;;                                           stur x28, [x29, #-0x8]
;;                                           stur w0, [x29, #-0x10]
;;                                           stur d0, [x29, #-0x18]
;;   local.get $a
;;   local.get $a
;;   i32.mul                                 ldur w0, [x29, #-0x10]
;;                                           ldur w16, [x29, #-0x10]
;;                                           mul w0, w0, w16
;;   i32.const 1
;;   i64.const 2
;;   local.get $b
;;   f64.neg                                 ldur d31, [x29, #-0x18]
;;                                           fneg d0, d31
;;   local.get $a
;;   i32.const 5
;;   local.get $a
;;   i32.const 6
;;   i32.add                                 ldur w1, [x29, #-0x10]
;;                                           add w1, w1, #0x6
;;   i32.const 7
;;   local.get $a
;;   i32.const 9
;;   call $many                              stur w0, [x29, #-0x28]
;;                                           mov x4, x1
;;                                           mov w0, #0x1
;;                                           mov w1, #0x2
;;                                           ldur w2, [x29, #-0x10]
;;                                           mov w3, #0x5
;;                                           mov w5, #0x7
;;                                           ldur w6, [x29, #-0x10]
;;                                           mov w7, #0x9
;;                                           bl $many
;;   local.set $b                            stur d0, [x29, #-0x18]
;;   call $host                              mov x9, x28
;;                                           ldr x16, [x28, #0x40]
;;                                           ldr x28, [x9, #0x48]
;;                                           ldr x27, [x28, #0x10]
;;                                           ldr x27, [x27]
;;                                           blr x16
;;                                           ldur x28, [x29, #-0x8]
;;                                           ldr x27, [x28, #0x10]
;;                                           ldr x27, [x27]
;;   local.get $a
;;   i32.const 3
;;   local.get $a
;;   call_indirect (type $binary)            ldur w17, [x29, #-0x10]
;;                                           ldr x16, [x28, #0x60]
;;                                           ldr x16, [x16, #0x8]
;;                                           cmp x16, w17
;;                                           b.ls L2
;;                                           ldr x16, [x28, #0x60]
;;                                           ldr x16, [x16]
;;                                           ldr x0, [x16, w17, uxtw #3]
;;                                           cbz x0, L3
;;                                           ldr x17, [x28, #0x18]
;;                                           ldr w17, [x17]
;;                                           ldr w16, [x0, #0x10]
;;                                           cmp w16, w17
;;                                           b.ne L4
;;                                           mov x9, x0
;;                                           mov w1, #0x3
;;                                           ldur w0, [x29, #-0x10]
;;                                           ldp x16, x17, [x9]
;;                                           cmp x17, x28
;;                                           b.ne L5
;;                                           blr x16
;;                                       L0:
;;   i32.sub                                 ldur w1, [x29, #-0x28]
;;                                           sub w1, w1, w0
;;   call $host                              mov x0, x1
;;                                           mov x9, x28
;;                                           ldr x16, [x28, #0x40]
;;                                           ldr x28, [x9, #0x48]
;;                                           ldr x27, [x28, #0x10]
;;                                           ldr x27, [x27]
;;                                           blr x16
;;                                           ldur x28, [x29, #-0x8]
;;                                           ldr x27, [x28, #0x10]
;;                                           ldr x27, [x27]
;;   local.get $b
;;   end                                     ldur d0, [x29, #-0x18]
;;                                           mov sp, x29
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
