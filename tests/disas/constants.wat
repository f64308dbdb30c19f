;; Operations on constants are done by the compiler.
(module
  (func $folded (result i32)
    (i32.mul (i32.add (i32.const 20) (i32.const 1)) (i32.const 2)))
  (func $wrapping (result i64)
    (i64.shl (i64.const 3) (i64.const 65)))
  (func $compared (result i32)
    (i32.lt_s (i32.const -1) (i32.const 1)))
  (func $branch_known (param i32) (result i32)
    (if (result i32) (i32.eqz (i32.const 0))
      (then (local.get 0))
      (else (i32.const 7))))
  (func $through_local (result i32) (local $x i32)
    (local.set $x (i32.const 6))
    (i32.mul (local.get $x) (i32.const 7))))

;;; x86_64
;;
;; folded (frame of 16)
;;                                           push rbp
;;                                           mov rbp, rsp
;;   i32.const 20
;;   i32.const 1
;;   i32.add
;;   i32.const 2
;;   i32.mul
;;   end                                     mov eax, 0x2a
;;                                           pop rbp
;;                                           ret
;;
;; wrapping (frame of 16)
;;                                           push rbp
;;                                           mov rbp, rsp
;;   i64.const 3
;;   i64.const 65
;;   i64.shl
;;   end                                     mov eax, 6
;;                                           pop rbp
;;                                           ret
;;
;; compared (frame of 16)
;;                                           push rbp
;;                                           mov rbp, rsp
;;   i32.const -1
;;   i32.const 1
;;   i32.lt_s
;;   end                                     mov eax, 1
;;                                           pop rbp
;;                                           ret
;;
;; branch_known (frame of 32)
;;                                           push rbp
;;                                           mov rbp, rsp
;;   i32.const 0
;;   i32.eqz
;;   if (result i32) ;; label = @1
;;   local.get 0
;;   else                                    mov esi, edi
;;                                           jmp L0
;;   i32.const 7
;;   end                                     .word 0x000007be
;;                                           .byte 0x00
;;                                       L0:
;;   end                                     mov eax, esi
;;                                           pop rbp
;;                                           ret
;;
;; through_local (frame of 32)
;;                                           push rbp
;;                                           mov rbp, rsp
;;   i32.const 6
;;   local.set $x                            mov esi, 6
;;   local.get $x
;;   i32.const 7
;;   i32.mul                                 imul eax, esi, 7
;;   end                                     pop rbp
;;                                           ret

;;; aarch64
;;
;; folded (frame of 16)
;;                                           stp x29, x30, [sp, #-0x10]!
;;                                           mov x29, sp
;;                                           sub sp, sp, #0x10
;;   i32.const 20
;;   i32.const 1
;;   i32.add
;;   i32.const 2
;;   i32.mul
;;   end                                     mov w0, #0x2a
;;                                           mov sp, x29
;;                                           ldp x29, x30, [sp], #0x10
;;                                           ret
;;
;; wrapping (frame of 16)
;;                                           stp x29, x30, [sp, #-0x10]!
;;                                           mov x29, sp
;;                                           sub sp, sp, #0x10
;;   i64.const 3
;;   i64.const 65
;;   i64.shl
;;   end                                     mov w0, #0x6
;;                                           mov sp, x29
;;                                           ldp x29, x30, [sp], #0x10
;;                                           ret
;;
;; compared (frame of 16)
;;                                           stp x29, x30, [sp, #-0x10]!
;;                                           mov x29, sp
;;                                           sub sp, sp, #0x10
;;   i32.const -1
;;   i32.const 1
;;   i32.lt_s
;;   end                                     mov w0, #0x1
;;                                           mov sp, x29
;;                                           ldp x29, x30, [sp], #0x10
;;                                           ret
;;
;; branch_known (frame of 32)
;;                                           stp x29, x30, [sp, #-0x10]!
;;                                           mov x29, sp
;;                                           sub sp, sp, #0x20
;;   i32.const 0
;;   i32.eqz
;;   if (result i32) ;; label = @1
;;   local.get 0
;;   else                                    mov x1, x0
;;                                           b L0
;;   i32.const 7
;;   end                                     .word 0x528000e1
;;                                       L0:
;;   end                                     mov x0, x1
;;                                           mov sp, x29
;;                                           ldp x29, x30, [sp], #0x10
;;                                           ret
;;
;; through_local (frame of 32)
;;                                           stp x29, x30, [sp, #-0x10]!
;;                                           mov x29, sp
;;                                           sub sp, sp, #0x20
;;   i32.const 6
;;   local.set $x                            mov w0, #0x6
;;   local.get $x
;;   i32.const 7
;;   i32.mul                                 lsl w17, w0, #0x3
;;                                           sub w0, w17, w0
;;   end                                     mov sp, x29
;;                                           ldp x29, x30, [sp], #0x10
;;                                           ret
