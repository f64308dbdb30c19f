;;! tier = quick
;; A loop over memory: what each turn wants is loaded, what it makes is stored.
(module
  (memory 1)
  (func $sum (param $at i32) (param $end i32) (result i32) (local $sum i32)
    (loop $next
      (local.set $sum (i32.add (local.get $sum) (i32.load offset=4 (local.get $at))))
      (i32.store8 offset=1 (local.get $at) (local.get $sum))
      (br_if $next
        (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 8))) (local.get $end))))
    (local.get $sum)))

;;; x86_64
;;
;; sum (frame of 96)
;;                                           push rbp
;;                                           mov rbp, rsp
;;                                           sub rsp, 0x60
;;                                           mov r11, [r15]
;;                                           cmp rsp, [r11]
;;                                           jb L1
;;                                           mov [rbp - 8], r15
;;                                           mov [rbp - 0x10], edi
;;                                           mov [rbp - 0x18], esi
;;                                           mov qword ptr [rbp - 0x20], 0
;;   loop $next                              nop [rax + rax]
;;                                       L0:
;;   local.get $sum
;;   local.get $at
;;   i32.load offset=4                       mov esi, [rbp - 0x10]  ; loop
;;                                           mov esi, [r14 + rsi + 4]
;;   i32.add                                 add esi, [rbp - 0x20]
;;   local.set $sum                          mov [rbp - 0x20], esi
;;   local.get $at
;;   local.get $sum
;;   i32.store8 offset=1                     mov esi, [rbp - 0x10]
;;                                           mov edi, [rbp - 0x20]
;;                                           mov [r14 + rsi + 1], dil
;;   local.get $at
;;   i32.const 8
;;   i32.add                                 mov esi, [rbp - 0x10]
;;                                           add esi, 8
;;   local.tee $at                           mov [rbp - 0x10], esi
;;   local.get $end
;;   i32.lt_u
;;   br_if $next                             cmp esi, [rbp - 0x18]
;;                                           jb L0
;;   end
;;   local.get $sum
;;   end                                     mov eax, [rbp - 0x20]
;;                                           leave
;;                                           ret
;;                                       L1:
;;                                           ud2  ; trap: call stack exhausted

;;; aarch64
;;
;; sum (frame of 96)
;;                                           stp x29, x30, [sp, #-0x10]!
;;                                           mov x29, sp
;;                                           sub sp, sp, #0x60
;;                                           ldr x16, [x28]
;;                                           ldr x16, [x16]
;;                                           cmp sp, x16
;;                                           b.lo L1
;;                                           stur x28, [x29, #-0x8]
;;                                           stur w0, [x29, #-0x10]
;;                                           stur w1, [x29, #-0x18]
;;                                           stur xzr, [x29, #-0x20]
;;   loop $next                              nop
;;                                       L0:
;;   local.get $sum
;;   local.get $at
;;   i32.load offset=4                       ldur w0, [x29, #-0x10]  ; loop
;;                                           add x17, x27, #0x4
;;                                           ldr w0, [x17, w0, uxtw]
;;   i32.add                                 ldur w16, [x29, #-0x20]
;;                                           add w0, w0, w16
;;   local.set $sum                          stur w0, [x29, #-0x20]
;;   local.get $at
;;   local.get $sum
;;   i32.store8 offset=1                     ldur w0, [x29, #-0x10]
;;                                           ldur w1, [x29, #-0x20]
;;                                           add x17, x27, #0x1
;;                                           strb w1, [x17, w0, uxtw]
;;   local.get $at
;;   i32.const 8
;;   i32.add                                 ldur w0, [x29, #-0x10]
;;                                           add w0, w0, #0x8
;;   local.tee $at                           stur w0, [x29, #-0x10]
;;   local.get $end
;;   i32.lt_u
;;   br_if $next                             ldur w16, [x29, #-0x18]
;;                                           cmp w0, w16
;;                                           b.lo L0
;;   end
;;   local.get $sum
;;   end                                     ldur w0, [x29, #-0x20]
;;                                           mov sp, x29
;;                                           ldp x29, x30, [sp], #0x10
;;                                           ret
;;                                       L1:
;;                                           udf #9  ; trap: call stack exhausted
