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
;; sum (frame of 48)
;;                                           push rbp
;;                                           mov rbp, rsp
;;                                           mov [rbp - 8], edi
;;                                           mov [rbp - 0x10], esi
;;                                           mov qword ptr [rbp - 0x18], 0
;;   loop $next                              nop [rax + rax]
;;                                       L0:
;;   local.get $sum
;;   local.get $at
;;   i32.load offset=4                       mov esi, [rbp - 8]  ; loop
;;                                           mov esi, [r14 + rsi + 4]
;;   i32.add                                 add esi, [rbp - 0x18]
;;   local.set $sum                          mov [rbp - 0x18], esi
;;   local.get $at
;;   local.get $sum
;;   i32.store8 offset=1                     mov esi, [rbp - 8]
;;                                           mov edi, [rbp - 0x18]
;;                                           mov [r14 + rsi + 1], dil
;;   local.get $at
;;   i32.const 8
;;   i32.add                                 mov esi, [rbp - 8]
;;                                           add esi, 8
;;   local.tee $at                           mov [rbp - 8], esi
;;   local.get $end
;;   i32.lt_u
;;   br_if $next                             cmp esi, [rbp - 0x10]
;;                                           jb L0
;;   end
;;   local.get $sum
;;   end                                     mov eax, [rbp - 0x18]
;;                                           pop rbp
;;                                           ret

;;; aarch64
;;
;; sum (frame of 48)
;;                                           stp x29, x30, [sp, #-0x10]!
;;                                           mov x29, sp
;;                                           sub sp, sp, #0x30
;;                                           stur w0, [x29, #-0x8]
;;                                           stur w1, [x29, #-0x10]
;;                                           stur xzr, [x29, #-0x18]
;;   loop $next                              nop
;;                                           nop
;;                                       L0:
;;   local.get $sum
;;   local.get $at
;;   i32.load offset=4                       ldur w0, [x29, #-0x8]  ; loop
;;                                           add x17, x27, #0x4
;;                                           ldr w0, [x17, w0, uxtw]
;;   i32.add                                 ldur w16, [x29, #-0x18]
;;                                           add w0, w0, w16
;;   local.set $sum                          stur w0, [x29, #-0x18]
;;   local.get $at
;;   local.get $sum
;;   i32.store8 offset=1                     ldur w0, [x29, #-0x8]
;;                                           ldur w1, [x29, #-0x18]
;;                                           add x17, x27, #0x1
;;                                           strb w1, [x17, w0, uxtw]
;;   local.get $at
;;   i32.const 8
;;   i32.add                                 ldur w0, [x29, #-0x8]
;;                                           add w0, w0, #0x8
;;   local.tee $at                           stur w0, [x29, #-0x8]
;;   local.get $end
;;   i32.lt_u
;;   br_if $next                             ldur w16, [x29, #-0x10]
;;                                           cmp w0, w16
;;                                           b.lo L0
;;   end
;;   local.get $sum
;;   end                                     ldur w0, [x29, #-0x18]
;;                                           mov sp, x29
;;                                           ldp x29, x30, [sp], #0x10
;;                                           ret
