;;! calls = slot
;; Calls through slots of the context, which can be pointed elsewhere.
(module
  (func $callee (param i32) (result i32) (i32.add (local.get 0) (i32.const 1)))
  (func $caller (param i32) (result i32) (call $callee (call $callee (local.get 0)))))

;;; x86_64
;;
;; callee (frame of 32)
;;                                           push rbp
;;                                           mov rbp, rsp
;;   local.get 0
;;   i32.const 1
;;   i32.add                                 lea eax, [rdi + 1]
;;   end                                     pop rbp
;;                                           ret
;;
;; caller (frame of 32)
;;                                           push rbp
;;                                           mov rbp, rsp
;;                                           sub rsp, 0x20
;;                                           mov r11, [r15]
;;                                           cmp rsp, [r11]
;;                                           jb L0
;;   local.get 0
;;   call $callee                            mov r11, [r15 + 0x20]
;;                                           call qword ptr [r11]
;;   call $callee                            mov edi, eax
;;                                           mov r11, [r15 + 0x20]
;;                                           call qword ptr [r11]
;;   end                                     leave
;;                                           ret
;;                                       L0:
;;                                           ud2  ; trap: call stack exhausted

;;; aarch64
;;
;; callee (frame of 32)
;;                                           stp x29, x30, [sp, #-0x10]!
;;                                           mov x29, sp
;;                                           sub sp, sp, #0x20
;;   local.get 0
;;   i32.const 1
;;   i32.add                                 add w0, w0, #0x1
;;   end                                     mov sp, x29
;;                                           ldp x29, x30, [sp], #0x10
;;                                           ret
;;
;; caller (frame of 32)
;;                                           stp x29, x30, [sp, #-0x10]!
;;                                           mov x29, sp
;;                                           sub sp, sp, #0x20
;;                                           ldr x16, [x28]
;;                                           ldr x16, [x16]
;;                                           cmp sp, x16
;;                                           b.lo L0
;;   local.get 0
;;   call $callee                            ldr x16, [x28, #0x20]
;;                                           ldr x16, [x16]
;;                                           blr x16
;;   call $callee                            ldr x16, [x28, #0x20]
;;                                           ldr x16, [x16]
;;                                           blr x16
;;   end                                     mov sp, x29
;;                                           ldp x29, x30, [sp], #0x10
;;                                           ret
;;                                       L0:
;;                                           udf #9  ; trap: call stack exhausted
