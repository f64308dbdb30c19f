;; AArch64 keeps two constants that take several instructions for operations to
;; come, until a call or a label.
(module
  (func $callee)
  (func $mix (param i32 i32) (result i32)
    (local.set 0 (i32.mul (i32.rotl (i32.mul (local.get 0) (i32.const 0x85ebca77)) (i32.const 13)) (i32.const 0x9e3779b1)))
    (local.set 1 (i32.mul (i32.rotl (i32.mul (local.get 1) (i32.const 0x85ebca77)) (i32.const 13)) (i32.const 0x9e3779b1)))
    (i32.xor (local.get 0) (local.get 1)))
  (func $called (param i32) (result i32)
    (local.set 0 (i32.mul (local.get 0) (i32.const 0x85ebca77)))
    (call $callee)
    (i32.mul (local.get 0) (i32.const 0x85ebca77)))
  (func $label (param i32 i32) (result i32)
    (block
      (br_if 0 (local.get 1))
      (local.set 0 (i32.mul (local.get 0) (i32.const 0x85ebca77))))
    (i32.mul (local.get 0) (i32.const 0x85ebca77)))
  (func $loop (param i32)
    (loop
      (local.set 0 (i32.mul (local.get 0) (i32.const 0x85ebca77)))
      (br_if 0 (local.tee 0 (i32.mul (local.get 0) (i32.const 0x85ebca77)))))))

;;; x86_64
;;
;; callee (frame of 0)
;;                                           push rbp
;;                                           mov rbp, rsp
;;                                           pop rbp
;;                                           ret
;;
;; mix (frame of 32)
;;                                           push rbp
;;                                           mov rbp, rsp
;;   local.get 0
;;   i32.const -2048144777
;;   i32.mul                                 imul r8d, edi, -0x7a143589
;;   i32.const 13
;;   i32.rotl                                ror r8d, 0x13
;;   i32.const -1640531535
;;   i32.mul                                 imul edi, r8d, -0x61c8864f
;;   local.set 0
;;   local.get 1
;;   i32.const -2048144777
;;   i32.mul                                 imul r8d, esi, -0x7a143589
;;   i32.const 13
;;   i32.rotl                                ror r8d, 0x13
;;   i32.const -1640531535
;;   i32.mul                                 imul esi, r8d, -0x61c8864f
;;   local.set 1
;;   local.get 0
;;   local.get 1
;;   i32.xor                                 mov eax, edi
;;                                           xor eax, esi
;;   end                                     pop rbp
;;                                           ret
;;
;; called (frame of 32)
;;                                           push rbp
;;                                           mov rbp, rsp
;;                                           push rbx
;;                                           sub rsp, 0x18
;;                                           mov r11, [r15]
;;                                           cmp rsp, [r11]
;;                                           jb L0
;;                                           mov ebx, edi
;;   local.get 0
;;   i32.const -2048144777
;;   i32.mul                                 imul ebx, -0x7a143589
;;   local.set 0
;;   call $callee                            call $callee
;;   local.get 0
;;   i32.const -2048144777
;;   i32.mul                                 imul eax, ebx, -0x7a143589
;;   end                                     mov rbx, [rbp - 8]
;;                                           leave
;;                                           ret
;;                                       L0:
;;                                           ud2  ; trap: call stack exhausted
;;
;; label (frame of 32)
;;                                           push rbp
;;                                           mov rbp, rsp
;;   block ;; label = @1
;;   local.get 1
;;   br_if 0 (;@1;)                          test esi, esi
;;                                           jne L0
;;   local.get 0
;;   i32.const -2048144777
;;   i32.mul                                 imul edi, -0x7a143589
;;                                       L0:
;;   local.set 0
;;   end
;;   local.get 0
;;   i32.const -2048144777
;;   i32.mul                                 imul eax, edi, -0x7a143589
;;   end                                     pop rbp
;;                                           ret
;;
;; loop (frame of 32)
;;                                           push rbp
;;                                           mov rbp, rsp
;;   loop ;; label = @1                      nop [rax + rax]
;;                                       L0:
;;   local.get 0
;;   i32.const -2048144777
;;   i32.mul                                 imul edi, -0x7a143589  ; loop: local 0 in rdi
;;   local.set 0
;;   local.get 0
;;   i32.const -2048144777
;;   i32.mul                                 imul edi, -0x7a143589
;;   local.tee 0
;;   br_if 0 (;@1;)                          test edi, edi
;;                                           jne L0
;;   end
;;   end                                     pop rbp
;;                                           ret

;;; aarch64
;;
;; callee (frame of 0)
;;                                           stp x29, x30, [sp, #-0x10]!
;;                                           mov x29, sp
;;                                           ldp x29, x30, [sp], #0x10
;;                                           ret
;;
;; mix (frame of 32)
;;                                           stp x29, x30, [sp, #-0x10]!
;;                                           mov x29, sp
;;                                           sub sp, sp, #0x20
;;   local.get 0
;;   i32.const -2048144777
;;   i32.mul                                 mov w13, #0xca77
;;                                           movk w13, #0x85eb, lsl #16
;;                                           mul w2, w0, w13
;;   i32.const 13
;;   i32.rotl                                ror w2, w2, #0x13
;;   i32.const -1640531535
;;   i32.mul                                 mov w14, #0x79b1
;;                                           movk w14, #0x9e37, lsl #16
;;                                           mul w0, w2, w14
;;   local.set 0
;;   local.get 1
;;   i32.const -2048144777
;;   i32.mul                                 mul w2, w1, w13
;;   i32.const 13
;;   i32.rotl                                ror w2, w2, #0x13
;;   i32.const -1640531535
;;   i32.mul                                 mul w1, w2, w14
;;   local.set 1
;;   local.get 0
;;   local.get 1
;;   i32.xor                                 eor w0, w0, w1
;;   end                                     mov sp, x29
;;                                           ldp x29, x30, [sp], #0x10
;;                                           ret
;;
;; called (frame of 32)
;;                                           stp x29, x30, [sp, #-0x10]!
;;                                           mov x29, sp
;;                                           sub sp, sp, #0x20
;;                                           ldr x16, [x28]
;;                                           ldr x16, [x16]
;;                                           cmp sp, x16
;;                                           b.lo L0
;;                                           stur x19, [x29, #-0x8]
;;                                           mov x19, x0
;;   local.get 0
;;   i32.const -2048144777
;;   i32.mul                                 mov w13, #0xca77
;;                                           movk w13, #0x85eb, lsl #16
;;                                           mul w19, w19, w13
;;   local.set 0
;;   call $callee                            bl $callee
;;   local.get 0
;;   i32.const -2048144777
;;   i32.mul                                 mov w14, #0xca77
;;                                           movk w14, #0x85eb, lsl #16
;;                                           mul w0, w19, w14
;;   end                                     ldur x19, [x29, #-0x8]
;;                                           mov sp, x29
;;                                           ldp x29, x30, [sp], #0x10
;;                                           ret
;;                                       L0:
;;                                           udf #9  ; trap: call stack exhausted
;;
;; label (frame of 32)
;;                                           stp x29, x30, [sp, #-0x10]!
;;                                           mov x29, sp
;;                                           sub sp, sp, #0x20
;;   block ;; label = @1
;;   local.get 1
;;   br_if 0 (;@1;)                          cbnz w1, L0
;;   local.get 0
;;   i32.const -2048144777
;;   i32.mul                                 mov w13, #0xca77
;;                                           movk w13, #0x85eb, lsl #16
;;                                           mul w0, w0, w13
;;                                       L0:
;;   local.set 0
;;   end
;;   local.get 0
;;   i32.const -2048144777
;;   i32.mul                                 mov w14, #0xca77
;;                                           movk w14, #0x85eb, lsl #16
;;                                           mul w0, w0, w14
;;   end                                     mov sp, x29
;;                                           ldp x29, x30, [sp], #0x10
;;                                           ret
;;
;; loop (frame of 32)
;;                                           stp x29, x30, [sp, #-0x10]!
;;                                           mov x29, sp
;;                                           sub sp, sp, #0x20
;;   loop ;; label = @1                      nop
;;                                       L0:
;;   local.get 0
;;   i32.const -2048144777
;;   i32.mul                                 mov w13, #0xca77  ; loop: local 0 in x0
;;                                           movk w13, #0x85eb, lsl #16
;;                                           mul w0, w0, w13
;;   local.set 0
;;   local.get 0
;;   i32.const -2048144777
;;   i32.mul                                 mul w0, w0, w13
;;   local.tee 0
;;   br_if 0 (;@1;)                          cbnz w0, L0
;;   end
;;   end                                     mov sp, x29
;;                                           ldp x29, x30, [sp], #0x10
;;                                           ret
