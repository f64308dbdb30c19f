;;! registers = three
;; The allocator restricted to three registers of each kind, as the test suite
;; is run a second time.
(module
  (func $sum (param i32 i32 i32 i32) (result i32)
    (i32.add
      (i32.mul (local.get 0) (local.get 1))
      (i32.mul (i32.add (local.get 2) (local.get 3)) (i32.sub (local.get 0) (local.get 3)))))
  (func $divide (param i32 i32 i32) (result i32)
    (i32.add (i32.div_u (local.get 0) (local.get 1)) (i32.shl (local.get 0) (local.get 2)))))

;;; x86_64
;;
;; sum (frame of 64)
;;                                           push rbp
;;                                           mov rbp, rsp
;;                                           mov [rbp - 8], edi
;;                                           mov [rbp - 0x10], esi
;;   local.get 0
;;   local.get 1
;;   i32.mul                                 mov eax, [rbp - 8]
;;                                           mov [rbp - 0x18], edx
;;                                           mov edx, eax
;;                                           imul edx, [rbp - 0x10]
;;   local.get 2
;;   local.get 3
;;   i32.add                                 mov eax, [rbp - 0x18]
;;                                           mov [rbp - 0x28], edx
;;                                           lea edx, [rax + rcx]
;;   local.get 0
;;   local.get 3
;;   i32.sub                                 mov eax, [rbp - 8]
;;                                           mov [rbp - 0x30], edx
;;                                           mov edx, eax
;;                                           sub edx, ecx
;;   i32.mul                                 mov ecx, [rbp - 0x30]
;;                                           imul ecx, edx
;;   i32.add                                 mov edx, [rbp - 0x28]
;;                                           add edx, ecx
;;   end                                     mov eax, edx
;;                                           pop rbp
;;                                           ret
;;
;; divide (frame of 64)
;;                                           push rbp
;;                                           mov rbp, rsp
;;                                           mov [rbp - 8], edi
;;                                           mov [rbp - 0x10], esi
;;   local.get 0
;;   local.get 1
;;   i32.div_u                               mov ecx, edx
;;                                           mov eax, [rbp - 8]
;;                                           mov [rbp - 0x18], ecx
;;                                           mov ecx, [rbp - 0x10]
;;                                           test ecx, ecx
;;                                           je L0
;;                                           xor edx, edx
;;                                           div ecx
;;   local.get 0
;;   local.get 2
;;   i32.shl                                 mov edx, [rbp - 8]
;;                                           mov r11d, [rbp - 0x18]
;;                                           shlx ecx, edx, r11d
;;   i32.add                                 add eax, ecx
;;   end                                     pop rbp
;;                                           ret
;;                                       L0:
;;                                           ud2  ; trap: integer divide by zero

;;; aarch64
;;
;; sum (frame of 64)
;;                                           stp x29, x30, [sp, #-0x10]!
;;                                           mov x29, sp
;;                                           sub sp, sp, #0x40
;;                                           stur w3, [x29, #-0x20]
;;   local.get 0
;;   local.get 1
;;   i32.mul                                 mul w1, w1, w0
;;   local.get 2
;;   local.get 3
;;   i32.add                                 ldur w16, [x29, #-0x20]
;;                                           add w2, w2, w16
;;   local.get 0
;;   local.get 3
;;   i32.sub                                 ldur w16, [x29, #-0x20]
;;                                           sub w0, w0, w16
;;   i32.mul
;;   i32.add                                 madd w0, w2, w0, w1
;;   end                                     mov sp, x29
;;                                           ldp x29, x30, [sp], #0x10
;;                                           ret
;;
;; divide (frame of 64)
;;                                           stp x29, x30, [sp, #-0x10]!
;;                                           mov x29, sp
;;                                           sub sp, sp, #0x40
;;   local.get 0
;;   local.get 1
;;   i32.div_u                               cbz w1, L0
;;                                           udiv w1, w0, w1
;;   local.get 0
;;   local.get 2
;;   i32.shl                                 lsl w0, w0, w2
;;   i32.add                                 add w0, w0, w1
;;   end                                     mov sp, x29
;;                                           ldp x29, x30, [sp], #0x10
;;                                           ret
;;                                       L0:
;;                                           udf #7  ; trap: integer divide by zero
