;; AArch64 keeps base and index of an access for those that follow by the same
;; local, until it changes, a call or a label.
(module
  (memory 1)
  (func $callee)
  (func $fields (param i32) (result i32)
    (i32.store8 offset=12 (local.get 0) (i32.const 0))
    (i32.add (i32.load offset=4 (local.get 0)) (i32.load offset=8 (local.get 0))))
  (func $changed (param i32) (result i32)
    (i32.store offset=12 (local.get 0) (i32.const 0))
    (local.set 0 (i32.add (local.get 0) (i32.const 16)))
    (i32.load offset=4 (local.get 0)))
  (func $called (param i32) (result i32)
    (i32.store offset=12 (local.get 0) (i32.const 0))
    (call $callee)
    (i32.load offset=4 (local.get 0)))
  (func $label (param i32 i32) (result i32)
    (block
      (br_if 0 (local.get 1))
      (i32.store offset=12 (local.get 0) (i32.const 0)))
    (i32.load offset=4 (local.get 0)))
  (func $loop (param i32)
    (i32.store offset=12 (local.get 0) (i32.const 0))
    (loop
      (i32.store offset=4 (local.get 0) (i32.load offset=8 (local.get 0)))
      (br_if 0 (i32.load (local.get 0))))))

;;; x86_64
;;
;; callee (frame of 0)
;;                                           push rbp
;;                                           mov rbp, rsp
;;                                           pop rbp
;;                                           ret
;;
;; fields (frame of 32)
;;                                           push rbp
;;                                           mov rbp, rsp
;;   local.get 0
;;   i32.const 0
;;   i32.store8 offset=12                    mov byte ptr [r14 + rdi + 0xc], 0
;;   local.get 0
;;   i32.load offset=4                       mov esi, [r14 + rdi + 4]
;;   local.get 0
;;   i32.load offset=8                       mov edi, [r14 + rdi + 8]
;;   i32.add                                 lea eax, [rsi + rdi]
;;   end                                     pop rbp
;;                                           ret
;;
;; changed (frame of 32)
;;                                           push rbp
;;                                           mov rbp, rsp
;;   local.get 0
;;   i32.const 0
;;   i32.store offset=12                     mov dword ptr [r14 + rdi + 0xc], 0
;;   local.get 0
;;   i32.const 16
;;   i32.add                                 add edi, 0x10
;;   local.set 0
;;   local.get 0
;;   i32.load offset=4                       mov eax, [r14 + rdi + 4]
;;   end                                     pop rbp
;;                                           ret
;;
;; called (frame of 32)
;;                                           push rbp
;;                                           mov rbp, rsp
;;                                           sub rsp, 0x20
;;                                           mov r11, [r15]
;;                                           cmp rsp, [r11]
;;                                           jb L0
;;   local.get 0
;;   i32.const 0
;;   i32.store offset=12                     mov dword ptr [r14 + rdi + 0xc], 0
;;   call $callee                            mov [rbp - 8], edi
;;                                           call $callee
;;   local.get 0
;;   i32.load offset=4                       mov esi, [rbp - 8]
;;                                           mov eax, [r14 + rsi + 4]
;;   end                                     leave
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
;;   i32.const 0
;;   i32.store offset=12                     mov dword ptr [r14 + rdi + 0xc], 0
;;                                       L0:
;;   end
;;   local.get 0
;;   i32.load offset=4                       mov eax, [r14 + rdi + 4]
;;   end                                     pop rbp
;;                                           ret
;;
;; loop (frame of 32)
;;                                           push rbp
;;                                           mov rbp, rsp
;;   local.get 0
;;   i32.const 0
;;   i32.store offset=12                     mov dword ptr [r14 + rdi + 0xc], 0
;;   loop ;; label = @1                      nop [rax]
;;                                       L0:
;;   local.get 0
;;   local.get 0
;;   i32.load offset=8                       mov esi, [r14 + rdi + 8]  ; loop: local 0 in rdi
;;   i32.store offset=4                      mov [r14 + rdi + 4], esi
;;   local.get 0
;;   i32.load
;;   br_if 0 (;@1;)                          cmp dword ptr [r14 + rdi], 0
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
;; fields (frame of 32)
;;                                           stp x29, x30, [sp, #-0x10]!
;;                                           mov x29, sp
;;                                           sub sp, sp, #0x20
;;   local.get 0
;;   i32.const 0
;;   i32.store8 offset=12                    add x15, x27, w0
;;                                           strb wzr, [x15, #0xc]
;;   local.get 0
;;   i32.load offset=4                       ldr w1, [x15, #0x4]
;;   local.get 0
;;   i32.load offset=8                       add x17, x27, #0x8
;;                                           ldr w0, [x17, w0, uxtw]
;;   i32.add                                 add w0, w0, w1
;;   end                                     mov sp, x29
;;                                           ldp x29, x30, [sp], #0x10
;;                                           ret
;;
;; changed (frame of 32)
;;                                           stp x29, x30, [sp, #-0x10]!
;;                                           mov x29, sp
;;                                           sub sp, sp, #0x20
;;   local.get 0
;;   i32.const 0
;;   i32.store offset=12                     add x15, x27, w0
;;                                           str wzr, [x15, #0xc]
;;   local.get 0
;;   i32.const 16
;;   i32.add                                 add w0, w0, #0x10
;;   local.set 0
;;   local.get 0
;;   i32.load offset=4                       add x17, x27, #0x4
;;                                           ldr w0, [x17, w0, uxtw]
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
;;   local.get 0
;;   i32.const 0
;;   i32.store offset=12                     add x15, x27, w0
;;                                           str wzr, [x15, #0xc]
;;   call $callee                            stur w0, [x29, #-0x8]
;;                                           bl $callee
;;   local.get 0
;;   i32.load offset=4                       ldur w0, [x29, #-0x8]
;;                                           add x15, x27, w0
;;                                           ldr w1, [x15, #0x4]
;;   end                                     mov x0, x1
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
;;   i32.const 0
;;   i32.store offset=12                     add x15, x27, w0
;;                                           str wzr, [x15, #0xc]
;;                                       L0:
;;   end
;;   local.get 0
;;   i32.load offset=4                       add x17, x27, #0x4
;;                                           ldr w0, [x17, w0, uxtw]
;;   end                                     mov sp, x29
;;                                           ldp x29, x30, [sp], #0x10
;;                                           ret
;;
;; loop (frame of 32)
;;                                           stp x29, x30, [sp, #-0x10]!
;;                                           mov x29, sp
;;                                           sub sp, sp, #0x20
;;   local.get 0
;;   i32.const 0
;;   i32.store offset=12                     add x15, x27, w0
;;                                           str wzr, [x15, #0xc]
;;   loop ;; label = @1                      nop
;;                                           nop
;;                                           nop
;;                                       L0:
;;   local.get 0
;;   local.get 0
;;   i32.load offset=8                       add x15, x27, w0  ; loop: local 0 in x0
;;                                           ldr w1, [x15, #0x8]
;;   i32.store offset=4                      str w1, [x15, #0x4]
;;   local.get 0
;;   i32.load                                ldr w1, [x15]
;;   br_if 0 (;@1;)                          cbnz w1, L0
;;   end
;;   end                                     mov sp, x29
;;                                           ldp x29, x30, [sp], #0x10
;;                                           ret
