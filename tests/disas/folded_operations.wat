;; AArch64 multiplies and adds at once, and shifts one operand of an addition or
;; a logical operation. x86-64 does not compare with zero what it has just computed.
(module
  (func $product (param i32 i32 i32) (result i32)
    (i32.add (local.get 2) (i32.mul (local.get 0) (local.get 1))))
  (func $difference (param i64 i64 i64) (result i64)
    (i64.sub (local.get 2) (i64.mul (local.get 0) (local.get 1))))
  (func $scaled (param i32 i32) (result i32)
    (i32.add (local.get 0) (i32.shl (local.get 1) (i32.const 2))))
  (func $rotated (param i32 i32) (result i32)
    (i32.xor (i32.rotl (local.get 0) (i32.const 7)) (local.get 1)))
  (func $count (param i32)
    (loop (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))))
  (func $mask (param i32 i32) (result i32)
    (if (result i32) (i32.and (local.get 0) (local.get 1))
      (then (i32.const 1)) (else (i32.const 2)))))

;;; x86_64
;;
;; product (frame of 64)
;;                                           push rbp
;;                                           mov rbp, rsp
;;   local.get 2
;;   local.get 0
;;   local.get 1
;;   i32.mul                                 imul edi, esi
;;   i32.add                                 lea eax, [rdx + rdi]
;;   end                                     pop rbp
;;                                           ret
;;
;; difference (frame of 64)
;;                                           push rbp
;;                                           mov rbp, rsp
;;   local.get 2
;;   local.get 0
;;   local.get 1
;;   i64.mul                                 imul rdi, rsi
;;   i64.sub                                 mov rax, rdx
;;                                           sub rax, rdi
;;   end                                     pop rbp
;;                                           ret
;;
;; scaled (frame of 48)
;;                                           push rbp
;;                                           mov rbp, rsp
;;   local.get 0
;;   local.get 1
;;   i32.const 2
;;   i32.shl                                 shl esi, 2
;;   i32.add                                 lea eax, [rdi + rsi]
;;   end                                     pop rbp
;;                                           ret
;;
;; rotated (frame of 32)
;;                                           push rbp
;;                                           mov rbp, rsp
;;   local.get 0
;;   i32.const 7
;;   i32.rotl                                ror edi, 0x19
;;   local.get 1
;;   i32.xor                                 mov eax, edi
;;                                           xor eax, esi
;;   end                                     pop rbp
;;                                           ret
;;
;; count (frame of 32)
;;                                           push rbp
;;                                           mov rbp, rsp
;;   loop ;; label = @1                      nop [rax + rax]
;;                                       L0:
;;   local.get 0
;;   i32.const 1
;;   i32.sub                                 dec edi  ; loop: local 0 in rdi
;;   local.tee 0
;;   br_if 0 (;@1;)                          jne L0
;;   end
;;   end                                     pop rbp
;;                                           ret
;;
;; mask (frame of 32)
;;                                           push rbp
;;                                           mov rbp, rsp
;;   local.get 0
;;   local.get 1
;;   i32.and                                 and edi, esi
;;   if (result i32) ;; label = @1           je L0
;;   i32.const 1
;;   else                                    mov esi, 1
;;                                           jmp L1
;;                                       L0:
;;   i32.const 2
;;   end                                     mov esi, 2
;;                                       L1:
;;   end                                     mov eax, esi
;;                                           pop rbp
;;                                           ret

;;; aarch64
;;
;; product (frame of 64)
;;                                           stp x29, x30, [sp, #-0x10]!
;;                                           mov x29, sp
;;                                           sub sp, sp, #0x40
;;   local.get 2
;;   local.get 0
;;   local.get 1
;;   i32.mul
;;   i32.add                                 madd w0, w0, w1, w2
;;   end                                     mov sp, x29
;;                                           ldp x29, x30, [sp], #0x10
;;                                           ret
;;
;; difference (frame of 64)
;;                                           stp x29, x30, [sp, #-0x10]!
;;                                           mov x29, sp
;;                                           sub sp, sp, #0x40
;;   local.get 2
;;   local.get 0
;;   local.get 1
;;   i64.mul
;;   i64.sub                                 msub x2, x0, x1, x2
;;   end                                     mov x0, x2
;;                                           mov sp, x29
;;                                           ldp x29, x30, [sp], #0x10
;;                                           ret
;;
;; scaled (frame of 48)
;;                                           stp x29, x30, [sp, #-0x10]!
;;                                           mov x29, sp
;;                                           sub sp, sp, #0x30
;;   local.get 0
;;   local.get 1
;;   i32.const 2
;;   i32.shl
;;   i32.add                                 add w0, w0, w1, lsl #2
;;   end                                     mov sp, x29
;;                                           ldp x29, x30, [sp], #0x10
;;                                           ret
;;
;; rotated (frame of 32)
;;                                           stp x29, x30, [sp, #-0x10]!
;;                                           mov x29, sp
;;                                           sub sp, sp, #0x20
;;   local.get 0
;;   i32.const 7
;;   i32.rotl                                ror w0, w0, #0x19
;;   local.get 1
;;   i32.xor                                 eor w0, w0, w1
;;   end                                     mov sp, x29
;;                                           ldp x29, x30, [sp], #0x10
;;                                           ret
;;
;; count (frame of 32)
;;                                           stp x29, x30, [sp, #-0x10]!
;;                                           mov x29, sp
;;                                           sub sp, sp, #0x20
;;   loop ;; label = @1                      nop
;;                                       L0:
;;   local.get 0
;;   i32.const 1
;;   i32.sub                                 sub w0, w0, #0x1  ; loop: local 0 in x0
;;   local.tee 0
;;   br_if 0 (;@1;)                          cbnz w0, L0
;;   end
;;   end                                     mov sp, x29
;;                                           ldp x29, x30, [sp], #0x10
;;                                           ret
;;
;; mask (frame of 32)
;;                                           stp x29, x30, [sp, #-0x10]!
;;                                           mov x29, sp
;;                                           sub sp, sp, #0x20
;;   local.get 0
;;   local.get 1
;;   i32.and                                 and w0, w0, w1
;;   if (result i32) ;; label = @1           cbz w0, L0
;;   i32.const 1
;;   else                                    mov w0, #0x1
;;                                           b L1
;;                                       L0:
;;   i32.const 2
;;   end                                     mov w0, #0x2
;;                                       L1:
;;   end                                     mov sp, x29
;;                                           ldp x29, x30, [sp], #0x10
;;                                           ret
