;; Multiplications, divisions and remainders by convenient constants, and
;; operations that change nothing.
(module
  (func $times_8 (param i32) (result i32) (i32.mul (local.get 0) (i32.const 8)))
  (func $times_3 (param i32) (result i32) (i32.mul (local.get 0) (i32.const 3)))
  (func $times_5 (param i64) (result i64) (i64.mul (local.get 0) (i64.const 5)))
  (func $times_9 (param i64) (result i64) (i64.mul (i64.const 9) (local.get 0)))
  (func $divided_by_16 (param i32) (result i32) (i32.div_u (local.get 0) (i32.const 16)))
  (func $modulo_16 (param i64) (result i64) (i64.rem_u (local.get 0) (i64.const 16)))
  (func $divided_by_7 (param i32) (result i32) (i32.div_u (local.get 0) (i32.const 7)))
  (func $minus_itself (param i32) (result i32) (i32.sub (local.get 0) (local.get 0)))
  (func $xor_itself (param i64) (result i64) (i64.xor (local.get 0) (local.get 0)))
  (func $shifted_by_0 (param i32) (result i32) (i32.shl (local.get 0) (i32.const 0)))
  (func $plus_0 (param i64) (result i64) (i64.add (local.get 0) (i64.const 0)))
  (func $times_1 (param i32) (result i32) (i32.mul (local.get 0) (i32.const 1)))
  (func $and_0 (param i32) (result i32) (i32.and (local.get 0) (i32.const 0))))

;;; x86_64
;;
;; times_8 (frame of 32)
;;                                           push rbp
;;                                           mov rbp, rsp
;;   local.get 0
;;   i32.const 8
;;   i32.mul                                 mov eax, edi
;;                                           shl eax, 3
;;   end                                     pop rbp
;;                                           ret
;;
;; times_3 (frame of 32)
;;                                           push rbp
;;                                           mov rbp, rsp
;;   local.get 0
;;   i32.const 3
;;   i32.mul                                 lea eax, [rdi + rdi*2]
;;   end                                     pop rbp
;;                                           ret
;;
;; times_5 (frame of 32)
;;                                           push rbp
;;                                           mov rbp, rsp
;;   local.get 0
;;   i64.const 5
;;   i64.mul                                 lea rax, [rdi + rdi*4]
;;   end                                     pop rbp
;;                                           ret
;;
;; times_9 (frame of 32)
;;                                           push rbp
;;                                           mov rbp, rsp
;;   i64.const 9
;;   local.get 0
;;   i64.mul                                 lea rax, [rdi + rdi*8]
;;   end                                     pop rbp
;;                                           ret
;;
;; divided_by_16 (frame of 32)
;;                                           push rbp
;;                                           mov rbp, rsp
;;   local.get 0
;;   i32.const 16
;;   i32.div_u                               mov eax, edi
;;                                           shr eax, 4
;;   end                                     pop rbp
;;                                           ret
;;
;; modulo_16 (frame of 32)
;;                                           push rbp
;;                                           mov rbp, rsp
;;   local.get 0
;;   i64.const 16
;;   i64.rem_u                               mov eax, edi
;;                                           and eax, 0xf
;;   end                                     pop rbp
;;                                           ret
;;
;; divided_by_7 (frame of 32)
;;                                           push rbp
;;                                           mov rbp, rsp
;;   local.get 0
;;   i32.const 7
;;   i32.div_u                               mov eax, edi
;;                                           mov esi, 7
;;                                           xor edx, edx
;;                                           div esi
;;   end                                     pop rbp
;;                                           ret
;;
;; minus_itself (frame of 32)
;;                                           push rbp
;;                                           mov rbp, rsp
;;   local.get 0
;;   local.get 0
;;   i32.sub
;;   end                                     xor eax, eax
;;                                           pop rbp
;;                                           ret
;;
;; xor_itself (frame of 32)
;;                                           push rbp
;;                                           mov rbp, rsp
;;   local.get 0
;;   local.get 0
;;   i64.xor
;;   end                                     xor eax, eax
;;                                           pop rbp
;;                                           ret
;;
;; shifted_by_0 (frame of 32)
;;                                           push rbp
;;                                           mov rbp, rsp
;;   local.get 0
;;   i32.const 0
;;   i32.shl
;;   end                                     mov eax, edi
;;                                           pop rbp
;;                                           ret
;;
;; plus_0 (frame of 32)
;;                                           push rbp
;;                                           mov rbp, rsp
;;   local.get 0
;;   i64.const 0
;;   i64.add
;;   end                                     mov rax, rdi
;;                                           pop rbp
;;                                           ret
;;
;; times_1 (frame of 32)
;;                                           push rbp
;;                                           mov rbp, rsp
;;   local.get 0
;;   i32.const 1
;;   i32.mul
;;   end                                     mov eax, edi
;;                                           pop rbp
;;                                           ret
;;
;; and_0 (frame of 32)
;;                                           push rbp
;;                                           mov rbp, rsp
;;   local.get 0
;;   i32.const 0
;;   i32.and
;;   end                                     xor eax, eax
;;                                           pop rbp
;;                                           ret

;;; aarch64
;;
;; times_8 (frame of 32)
;;                                           stp x29, x30, [sp, #-0x10]!
;;                                           mov x29, sp
;;                                           sub sp, sp, #0x20
;;   local.get 0
;;   i32.const 8
;;   i32.mul                                 lsl w0, w0, #0x3
;;   end                                     mov sp, x29
;;                                           ldp x29, x30, [sp], #0x10
;;                                           ret
;;
;; times_3 (frame of 32)
;;                                           stp x29, x30, [sp, #-0x10]!
;;                                           mov x29, sp
;;                                           sub sp, sp, #0x20
;;   local.get 0
;;   i32.const 3
;;   i32.mul                                 add w0, w0, w0, lsl #1
;;   end                                     mov sp, x29
;;                                           ldp x29, x30, [sp], #0x10
;;                                           ret
;;
;; times_5 (frame of 32)
;;                                           stp x29, x30, [sp, #-0x10]!
;;                                           mov x29, sp
;;                                           sub sp, sp, #0x20
;;   local.get 0
;;   i64.const 5
;;   i64.mul                                 add x0, x0, x0, lsl #2
;;   end                                     mov sp, x29
;;                                           ldp x29, x30, [sp], #0x10
;;                                           ret
;;
;; times_9 (frame of 32)
;;                                           stp x29, x30, [sp, #-0x10]!
;;                                           mov x29, sp
;;                                           sub sp, sp, #0x20
;;   i64.const 9
;;   local.get 0
;;   i64.mul                                 add x0, x0, x0, lsl #3
;;   end                                     mov sp, x29
;;                                           ldp x29, x30, [sp], #0x10
;;                                           ret
;;
;; divided_by_16 (frame of 32)
;;                                           stp x29, x30, [sp, #-0x10]!
;;                                           mov x29, sp
;;                                           sub sp, sp, #0x20
;;   local.get 0
;;   i32.const 16
;;   i32.div_u                               lsr w0, w0, #0x4
;;   end                                     mov sp, x29
;;                                           ldp x29, x30, [sp], #0x10
;;                                           ret
;;
;; modulo_16 (frame of 32)
;;                                           stp x29, x30, [sp, #-0x10]!
;;                                           mov x29, sp
;;                                           sub sp, sp, #0x20
;;   local.get 0
;;   i64.const 16
;;   i64.rem_u                               and x0, x0, #0xf
;;   end                                     mov sp, x29
;;                                           ldp x29, x30, [sp], #0x10
;;                                           ret
;;
;; divided_by_7 (frame of 32)
;;                                           stp x29, x30, [sp, #-0x10]!
;;                                           mov x29, sp
;;                                           sub sp, sp, #0x20
;;   local.get 0
;;   i32.const 7
;;   i32.div_u                               mov w1, #0x7
;;                                           udiv w0, w0, w1
;;   end                                     mov sp, x29
;;                                           ldp x29, x30, [sp], #0x10
;;                                           ret
;;
;; minus_itself (frame of 32)
;;                                           stp x29, x30, [sp, #-0x10]!
;;                                           mov x29, sp
;;                                           sub sp, sp, #0x20
;;   local.get 0
;;   local.get 0
;;   i32.sub
;;   end                                     mov w0, #0x0
;;                                           mov sp, x29
;;                                           ldp x29, x30, [sp], #0x10
;;                                           ret
;;
;; xor_itself (frame of 32)
;;                                           stp x29, x30, [sp, #-0x10]!
;;                                           mov x29, sp
;;                                           sub sp, sp, #0x20
;;   local.get 0
;;   local.get 0
;;   i64.xor
;;   end                                     mov w0, #0x0
;;                                           mov sp, x29
;;                                           ldp x29, x30, [sp], #0x10
;;                                           ret
;;
;; shifted_by_0 (frame of 32)
;;                                           stp x29, x30, [sp, #-0x10]!
;;                                           mov x29, sp
;;                                           sub sp, sp, #0x20
;;   local.get 0
;;   i32.const 0
;;   i32.shl
;;   end                                     mov sp, x29
;;                                           ldp x29, x30, [sp], #0x10
;;                                           ret
;;
;; plus_0 (frame of 32)
;;                                           stp x29, x30, [sp, #-0x10]!
;;                                           mov x29, sp
;;                                           sub sp, sp, #0x20
;;   local.get 0
;;   i64.const 0
;;   i64.add
;;   end                                     mov sp, x29
;;                                           ldp x29, x30, [sp], #0x10
;;                                           ret
;;
;; times_1 (frame of 32)
;;                                           stp x29, x30, [sp, #-0x10]!
;;                                           mov x29, sp
;;                                           sub sp, sp, #0x20
;;   local.get 0
;;   i32.const 1
;;   i32.mul
;;   end                                     mov sp, x29
;;                                           ldp x29, x30, [sp], #0x10
;;                                           ret
;;
;; and_0 (frame of 32)
;;                                           stp x29, x30, [sp, #-0x10]!
;;                                           mov x29, sp
;;                                           sub sp, sp, #0x20
;;   local.get 0
;;   i32.const 0
;;   i32.and
;;   end                                     mov w0, #0x0
;;                                           mov sp, x29
;;                                           ldp x29, x30, [sp], #0x10
;;                                           ret
