;; A static offset folds into the access. An `i32.add` wraps at 2^32 and must
;; be computed in 32 bits before the address is used in 64.
(module
  (memory 1)
  (func $offset (param i32) (result i32) (i32.load offset=16 (local.get 0)))
  (func $constant (result i64) (i64.load offset=8 (i32.const 1024)))
  (func $wrapping_add (param i32) (result i32)
    (i32.load (i32.add (local.get 0) (i32.const 16))))
  (func $wrapping_sum (param i32 i32) (result i32)
    (i32.load offset=4 (i32.add (local.get 0) (local.get 1))))
  (func $wrapping_scaled (param i32 i32) (result f64)
    (f64.load (i32.add (local.get 0) (i32.shl (local.get 1) (i32.const 3)))))
  (func $large_offset (param i32) (result i32)
    (i32.load offset=0x80000000 (local.get 0)))
  (func $largest_offset (param i32) (result i32)
    (i32.load8_u offset=0xffffffff (local.get 0)))
  (func $narrow (param i32) (result i64)
    (i64.add (i64.load8_s (local.get 0)) (i64.load32_u offset=1 (local.get 0))))
  (func $store_constant (param i32)
    (i32.store offset=12 (local.get 0) (i32.const 7)))
  (func $store_zero (param i32)
    (f64.store (local.get 0) (f64.const 0))
    (i64.store8 offset=8 (local.get 0) (i64.const 0)))
  (func $folded_operand (param i32 i32) (result i32)
    (i32.add (local.get 1) (i32.load (local.get 0)))))

;;; x86_64
;;
;; offset (frame of 32)
;;                                           push rbp
;;                                           mov rbp, rsp
;;   local.get 0
;;   i32.load offset=16                      mov eax, [r14 + rdi + 0x10]
;;   end                                     pop rbp
;;                                           ret
;;
;; constant (frame of 16)
;;                                           push rbp
;;                                           mov rbp, rsp
;;   i32.const 1024
;;   i64.load offset=8                       mov rax, [r14 + 0x408]
;;   end                                     pop rbp
;;                                           ret
;;
;; wrapping_add (frame of 32)
;;                                           push rbp
;;                                           mov rbp, rsp
;;   local.get 0
;;   i32.const 16
;;   i32.add                                 add edi, 0x10
;;   i32.load                                mov eax, [r14 + rdi]
;;   end                                     pop rbp
;;                                           ret
;;
;; wrapping_sum (frame of 32)
;;                                           push rbp
;;                                           mov rbp, rsp
;;   local.get 0
;;   local.get 1
;;   i32.add                                 add edi, esi
;;   i32.load offset=4                       mov eax, [r14 + rdi + 4]
;;   end                                     pop rbp
;;                                           ret
;;
;; wrapping_scaled (frame of 48)
;;                                           push rbp
;;                                           mov rbp, rsp
;;   local.get 0
;;   local.get 1
;;   i32.const 3
;;   i32.shl                                 shl esi, 3
;;   i32.add                                 add edi, esi
;;   f64.load                                movsd xmm0, [r14 + rdi]
;;   end                                     pop rbp
;;                                           ret
;;
;; large_offset (frame of 32)
;;                                           push rbp
;;                                           mov rbp, rsp
;;   local.get 0
;;   i32.load offset=2147483648              mov r11d, -0x80000000
;;                                           add r11, rdi
;;                                           mov eax, [r14 + r11]
;;   end                                     pop rbp
;;                                           ret
;;
;; largest_offset (frame of 32)
;;                                           push rbp
;;                                           mov rbp, rsp
;;   local.get 0
;;   i32.load8_u offset=4294967295           mov r11d, -1
;;                                           add r11, rdi
;;                                           movzx eax, byte ptr [r14 + r11]
;;   end                                     pop rbp
;;                                           ret
;;
;; narrow (frame of 32)
;;                                           push rbp
;;                                           mov rbp, rsp
;;   local.get 0
;;   i64.load8_s                             movsx rsi, byte ptr [r14 + rdi]
;;   local.get 0
;;   i64.load32_u offset=1                   mov edi, [r14 + rdi + 1]
;;   i64.add                                 lea rax, [rsi + rdi]
;;   end                                     pop rbp
;;                                           ret
;;
;; store_constant (frame of 32)
;;                                           push rbp
;;                                           mov rbp, rsp
;;   local.get 0
;;   i32.const 7
;;   i32.store offset=12                     mov dword ptr [r14 + rdi + 0xc], 7
;;   end                                     pop rbp
;;                                           ret
;;
;; store_zero (frame of 32)
;;                                           push rbp
;;                                           mov rbp, rsp
;;   local.get 0
;;   f64.const 0x0p+0 (;=0;)
;;   f64.store                               xorps xmm0, xmm0
;;                                           movsd [r14 + rdi], xmm0
;;   local.get 0
;;   i64.const 0
;;   i64.store8 offset=8                     mov byte ptr [r14 + rdi + 8], 0
;;   end                                     pop rbp
;;                                           ret
;;
;; folded_operand (frame of 32)
;;                                           push rbp
;;                                           mov rbp, rsp
;;   local.get 1
;;   local.get 0
;;   i32.load                                mov edi, [r14 + rdi]
;;   i32.add                                 lea eax, [rsi + rdi]
;;   end                                     pop rbp
;;                                           ret

;;; aarch64
;;
;; offset (frame of 32)
;;                                           stp x29, x30, [sp, #-0x10]!
;;                                           mov x29, sp
;;                                           sub sp, sp, #0x20
;;   local.get 0
;;   i32.load offset=16                      add x17, x27, #0x10
;;                                           ldr w0, [x17, w0, uxtw]
;;   end                                     mov sp, x29
;;                                           ldp x29, x30, [sp], #0x10
;;                                           ret
;;
;; constant (frame of 16)
;;                                           stp x29, x30, [sp, #-0x10]!
;;                                           mov x29, sp
;;                                           sub sp, sp, #0x10
;;   i32.const 1024
;;   i64.load offset=8                       ldr x0, [x27, #0x408]
;;   end                                     mov sp, x29
;;                                           ldp x29, x30, [sp], #0x10
;;                                           ret
;;
;; wrapping_add (frame of 32)
;;                                           stp x29, x30, [sp, #-0x10]!
;;                                           mov x29, sp
;;                                           sub sp, sp, #0x20
;;   local.get 0
;;   i32.const 16
;;   i32.add                                 add w0, w0, #0x10
;;   i32.load                                ldr w0, [x27, w0, uxtw]
;;   end                                     mov sp, x29
;;                                           ldp x29, x30, [sp], #0x10
;;                                           ret
;;
;; wrapping_sum (frame of 32)
;;                                           stp x29, x30, [sp, #-0x10]!
;;                                           mov x29, sp
;;                                           sub sp, sp, #0x20
;;   local.get 0
;;   local.get 1
;;   i32.add                                 add w0, w0, w1
;;   i32.load offset=4                       add x17, x27, #0x4
;;                                           ldr w0, [x17, w0, uxtw]
;;   end                                     mov sp, x29
;;                                           ldp x29, x30, [sp], #0x10
;;                                           ret
;;
;; wrapping_scaled (frame of 48)
;;                                           stp x29, x30, [sp, #-0x10]!
;;                                           mov x29, sp
;;                                           sub sp, sp, #0x30
;;   local.get 0
;;   local.get 1
;;   i32.const 3
;;   i32.shl
;;   i32.add                                 add w0, w0, w1, lsl #3
;;   f64.load                                ldr d0, [x27, w0, uxtw]
;;   end                                     mov sp, x29
;;                                           ldp x29, x30, [sp], #0x10
;;                                           ret
;;
;; large_offset (frame of 32)
;;                                           stp x29, x30, [sp, #-0x10]!
;;                                           mov x29, sp
;;                                           sub sp, sp, #0x20
;;   local.get 0
;;   i32.load offset=2147483648              mov w17, #0x80000000
;;                                           add x17, x27, x17
;;                                           ldr w0, [x17, w0, uxtw]
;;   end                                     mov sp, x29
;;                                           ldp x29, x30, [sp], #0x10
;;                                           ret
;;
;; largest_offset (frame of 32)
;;                                           stp x29, x30, [sp, #-0x10]!
;;                                           mov x29, sp
;;                                           sub sp, sp, #0x20
;;   local.get 0
;;   i32.load8_u offset=4294967295           mov w17, #0xffffffff
;;                                           add x17, x27, x17
;;                                           ldrb w0, [x17, w0, uxtw]
;;   end                                     mov sp, x29
;;                                           ldp x29, x30, [sp], #0x10
;;                                           ret
;;
;; narrow (frame of 32)
;;                                           stp x29, x30, [sp, #-0x10]!
;;                                           mov x29, sp
;;                                           sub sp, sp, #0x20
;;   local.get 0
;;   i64.load8_s                             ldrsb x1, [x27, w0, uxtw]
;;   local.get 0
;;   i64.load32_u offset=1                   add x17, x27, #0x1
;;                                           ldr w0, [x17, w0, uxtw]
;;   i64.add                                 add x0, x0, x1
;;   end                                     mov sp, x29
;;                                           ldp x29, x30, [sp], #0x10
;;                                           ret
;;
;; store_constant (frame of 32)
;;                                           stp x29, x30, [sp, #-0x10]!
;;                                           mov x29, sp
;;                                           sub sp, sp, #0x20
;;   local.get 0
;;   i32.const 7
;;   i32.store offset=12                     add x17, x27, #0xc
;;                                           mov w16, #0x7
;;                                           str w16, [x17, w0, uxtw]
;;   end                                     mov sp, x29
;;                                           ldp x29, x30, [sp], #0x10
;;                                           ret
;;
;; store_zero (frame of 32)
;;                                           stp x29, x30, [sp, #-0x10]!
;;                                           mov x29, sp
;;                                           sub sp, sp, #0x20
;;   local.get 0
;;   f64.const 0x0p+0 (;=0;)
;;   f64.store                               movi v0.2d, #0x0
;;                                           str d0, [x27, w0, uxtw]
;;   local.get 0
;;   i64.const 0
;;   i64.store8 offset=8                     add x17, x27, #0x8
;;                                           strb wzr, [x17, w0, uxtw]
;;   end                                     mov sp, x29
;;                                           ldp x29, x30, [sp], #0x10
;;                                           ret
;;
;; folded_operand (frame of 32)
;;                                           stp x29, x30, [sp, #-0x10]!
;;                                           mov x29, sp
;;                                           sub sp, sp, #0x20
;;   local.get 1
;;   local.get 0
;;   i32.load                                ldr w0, [x27, w0, uxtw]
;;   i32.add                                 add w0, w0, w1
;;   end                                     mov sp, x29
;;                                           ldp x29, x30, [sp], #0x10
;;                                           ret
