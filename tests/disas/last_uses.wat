;; A local that is not read again gives its register to a result, and is not
;; stored before calls. A comparison goes straight to the local that is set.
(module
  (func $callee (param i32) (result i32) (local.get 0))
  (func $takes_over (param i32 i32) (result i32)
    (i32.xor (i32.sub (local.get 0) (i32.const 7)) (i32.mul (local.get 1) (local.get 0))))
  (func $not_stored (param i32 i32) (result i32)
    (i32.add (call $callee (i32.add (local.get 0) (local.get 1))) (call $callee (i32.const 1))))
  (func $still_read (param i32 i32) (result i32)
    (i32.add (call $callee (local.get 0)) (local.get 1)))
  (func $in_a_loop (param i32) (result i32) (local i32)
    (loop (result i32)
      (drop (call $callee (i32.add (local.get 1) (i32.const 1))))
      (local.set 1 (i32.mul (local.get 0) (i32.const 3)))
      (br_if 0 (call $callee (local.get 0)))
      (i32.const 0)))
  (func $comparison (param i32 i32) (result i32) (local i32)
    (loop
      (local.set 2 (i32.lt_s (local.get 0) (local.get 1)))
      (local.set 0 (i32.add (local.get 0) (local.get 2)))
      (br_if 0 (local.get 2)))
    (local.get 2)))

;;; x86_64
;;
;; callee (frame of 32)
;;                                           push rbp
;;                                           mov rbp, rsp
;;   local.get 0
;;   end                                     mov eax, edi
;;                                           pop rbp
;;                                           ret
;;
;; takes_over (frame of 48)
;;                                           push rbp
;;                                           mov rbp, rsp
;;   local.get 0
;;   i32.const 7
;;   i32.sub                                 lea r8d, [rdi - 7]
;;   local.get 1
;;   local.get 0
;;   i32.mul                                 imul esi, edi
;;   i32.xor                                 mov eax, r8d
;;                                           xor eax, esi
;;   end                                     pop rbp
;;                                           ret
;;
;; not_stored (frame of 32)
;;                                           push rbp
;;                                           mov rbp, rsp
;;                                           sub rsp, 0x20
;;                                           mov r11, [r15]
;;                                           cmp rsp, [r11]
;;                                           jb L0
;;   local.get 0
;;   local.get 1
;;   i32.add                                 add edi, esi
;;   call $callee                            call $callee
;;   i32.const 1
;;   call $callee                            mov [rbp - 0x18], eax
;;                                           mov edi, 1
;;                                           call $callee
;;   i32.add                                 mov esi, [rbp - 0x18]
;;                                           add eax, esi
;;   end                                     leave
;;                                           ret
;;                                       L0:
;;                                           ud2  ; trap: call stack exhausted
;;
;; still_read (frame of 32)
;;                                           push rbp
;;                                           mov rbp, rsp
;;                                           sub rsp, 0x20
;;                                           mov r11, [r15]
;;                                           cmp rsp, [r11]
;;                                           jb L0
;;   local.get 0
;;   call $callee                            mov [rbp - 0x10], esi
;;                                           call $callee
;;   local.get 1
;;   i32.add                                 mov esi, [rbp - 0x10]
;;                                           add eax, esi
;;   end                                     leave
;;                                           ret
;;                                       L0:
;;                                           ud2  ; trap: call stack exhausted
;;
;; in_a_loop (frame of 48)
;;                                           push rbp
;;                                           mov rbp, rsp
;;                                           push rbx
;;                                           push r12
;;                                           sub rsp, 0x20
;;                                           mov r11, [r15]
;;                                           cmp rsp, [r11]
;;                                           jb L1
;;                                           mov ebx, edi
;;                                           mov qword ptr [rbp - 0x20], 0
;;   loop (result i32) ;; label = @1         mov r12d, [rbp - 0x20]
;;                                           nop [rax + rax]
;;                                       L0:
;;   local.get 1
;;   i32.const 1
;;   i32.add                                 lea esi, [r12 + 1]  ; loop: local 0 in rbx, 1 in r12
;;   call $callee                            mov edi, esi
;;                                           call $callee
;;   drop
;;   local.get 0
;;   i32.const 3
;;   i32.mul                                 lea r12d, [rbx + rbx*2]
;;   local.set 1
;;   local.get 0
;;   call $callee                            mov edi, ebx
;;                                           call $callee
;;   br_if 0 (;@1;)                          test eax, eax
;;                                           jne L0
;;   i32.const 0
;;   end
;;   end                                     xor eax, eax
;;                                           mov rbx, [rbp - 8]
;;                                           mov r12, [rbp - 0x10]
;;                                           leave
;;                                           ret
;;                                       L1:
;;                                           ud2  ; trap: call stack exhausted
;;
;; comparison (frame of 48)
;;                                           push rbp
;;                                           mov rbp, rsp
;;                                           mov qword ptr [rbp - 0x18], 0
;;   loop ;; label = @1                      mov r8d, [rbp - 0x18]
;;                                       L0:
;;   local.get 0
;;   local.get 1
;;   i32.lt_s
;;   local.set 2                             xor r8d, r8d  ; loop: local 1 in rsi, 0 in rdi, 2 in r8
;;                                           cmp edi, esi
;;                                           setl r8b
;;   local.get 0
;;   local.get 2
;;   i32.add                                 add edi, r8d
;;   local.set 0
;;   local.get 2
;;   br_if 0 (;@1;)                          test r8d, r8d
;;                                           jne L0
;;   end
;;   local.get 2
;;   end                                     mov eax, r8d
;;                                           pop rbp
;;                                           ret

;;; aarch64
;;
;; callee (frame of 32)
;;                                           stp x29, x30, [sp, #-0x10]!
;;                                           mov x29, sp
;;                                           sub sp, sp, #0x20
;;   local.get 0
;;   end                                     mov sp, x29
;;                                           ldp x29, x30, [sp], #0x10
;;                                           ret
;;
;; takes_over (frame of 48)
;;                                           stp x29, x30, [sp, #-0x10]!
;;                                           mov x29, sp
;;                                           sub sp, sp, #0x30
;;   local.get 0
;;   i32.const 7
;;   i32.sub                                 sub w2, w0, #0x7
;;   local.get 1
;;   local.get 0
;;   i32.mul                                 mul w1, w1, w0
;;   i32.xor                                 eor w0, w2, w1
;;   end                                     mov sp, x29
;;                                           ldp x29, x30, [sp], #0x10
;;                                           ret
;;
;; not_stored (frame of 32)
;;                                           stp x29, x30, [sp, #-0x10]!
;;                                           mov x29, sp
;;                                           sub sp, sp, #0x20
;;                                           ldr x16, [x28]
;;                                           ldr x16, [x16]
;;                                           cmp sp, x16
;;                                           b.lo L0
;;   local.get 0
;;   local.get 1
;;   i32.add                                 add w0, w0, w1
;;   call $callee                            bl $callee
;;   i32.const 1
;;   call $callee                            stur w0, [x29, #-0x18]
;;                                           mov w0, #0x1
;;                                           bl $callee
;;   i32.add                                 ldur w1, [x29, #-0x18]
;;                                           add w0, w0, w1
;;   end                                     mov sp, x29
;;                                           ldp x29, x30, [sp], #0x10
;;                                           ret
;;                                       L0:
;;                                           udf #9  ; trap: call stack exhausted
;;
;; still_read (frame of 32)
;;                                           stp x29, x30, [sp, #-0x10]!
;;                                           mov x29, sp
;;                                           sub sp, sp, #0x20
;;                                           ldr x16, [x28]
;;                                           ldr x16, [x16]
;;                                           cmp sp, x16
;;                                           b.lo L0
;;   local.get 0
;;   call $callee                            stur w1, [x29, #-0x10]
;;                                           bl $callee
;;   local.get 1
;;   i32.add                                 ldur w1, [x29, #-0x10]
;;                                           add w0, w0, w1
;;   end                                     mov sp, x29
;;                                           ldp x29, x30, [sp], #0x10
;;                                           ret
;;                                       L0:
;;                                           udf #9  ; trap: call stack exhausted
;;
;; in_a_loop (frame of 48)
;;                                           stp x29, x30, [sp, #-0x10]!
;;                                           mov x29, sp
;;                                           sub sp, sp, #0x30
;;                                           ldr x16, [x28]
;;                                           ldr x16, [x16]
;;                                           cmp sp, x16
;;                                           b.lo L1
;;                                           stp x20, x19, [x29, #-0x10]
;;                                           mov x19, x0
;;                                           stur xzr, [x29, #-0x20]
;;   loop (result i32) ;; label = @1         ldur w20, [x29, #-0x20]
;;                                           nop
;;                                       L0:
;;   local.get 1
;;   i32.const 1
;;   i32.add                                 add w0, w20, #0x1  ; loop: local 0 in x19, 1 in x20
;;   call $callee                            bl $callee
;;   drop
;;   local.get 0
;;   i32.const 3
;;   i32.mul                                 add w20, w19, w19, lsl #1
;;   local.set 1
;;   local.get 0
;;   call $callee                            mov x0, x19
;;                                           bl $callee
;;   br_if 0 (;@1;)                          cbnz w0, L0
;;   i32.const 0
;;   end
;;   end                                     mov w0, #0x0
;;                                           ldp x20, x19, [x29, #-0x10]
;;                                           mov sp, x29
;;                                           ldp x29, x30, [sp], #0x10
;;                                           ret
;;                                       L1:
;;                                           udf #9  ; trap: call stack exhausted
;;
;; comparison (frame of 48)
;;                                           stp x29, x30, [sp, #-0x10]!
;;                                           mov x29, sp
;;                                           sub sp, sp, #0x30
;;                                           stur xzr, [x29, #-0x18]
;;   loop ;; label = @1                      ldur w2, [x29, #-0x18]
;;                                           nop
;;                                           nop
;;                                           nop
;;                                       L0:
;;   local.get 0
;;   local.get 1
;;   i32.lt_s
;;   local.set 2                             cmp w0, w1  ; loop: local 0 in x0, 1 in x1, 2 in x2
;;                                           cset w2, lt
;;   local.get 0
;;   local.get 2
;;   i32.add                                 add w0, w0, w2
;;   local.set 0
;;   local.get 2
;;   br_if 0 (;@1;)                          cbnz w2, L0
;;   end
;;   local.get 2
;;   end                                     mov x0, x2
;;                                           mov sp, x29
;;                                           ldp x29, x30, [sp], #0x10
;;                                           ret
