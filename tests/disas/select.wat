;; A comparison is fused with the select that consumes it.
(module
  (func $integer (param i32 i32 i64 i64) (result i64)
    (select (local.get 2) (local.get 3) (i32.lt_u (local.get 0) (local.get 1))))
  (func $inverted (param i32 i32 i32) (result i32)
    (select (local.get 1) (local.get 2) (i32.eqz (local.get 0))))
  (func $float (param f64 f64 i32) (result f64)
    (select (local.get 0) (local.get 1) (i32.eq (local.get 2) (i32.const 5))))
  (func $maximum (param i32 i32) (result i32)
    (select (local.get 0) (local.get 1) (i32.gt_s (local.get 0) (local.get 1))))
  (func $typed (param externref externref i32) (result externref)
    (select (result externref) (local.get 0) (local.get 1) (local.get 2)))
  (func $by_float (param f32 f32 i32 i32) (result i32)
    (select (local.get 2) (local.get 3) (f32.gt (local.get 0) (local.get 1)))))

;;; x86_64
;;
;; integer (frame of 64)
;;                                           push rbp
;;                                           mov rbp, rsp
;;   local.get 2
;;   local.get 3
;;   local.get 0
;;   local.get 1
;;   i32.lt_u
;;   select                                  cmp edi, esi
;;                                           mov rax, rcx
;;                                           cmovb rax, rdx
;;   end                                     pop rbp
;;                                           ret
;;
;; inverted (frame of 64)
;;                                           push rbp
;;                                           mov rbp, rsp
;;   local.get 1
;;   local.get 2
;;   local.get 0
;;   i32.eqz
;;   select                                  test edi, edi
;;                                           mov eax, edx
;;                                           cmove eax, esi
;;   end                                     pop rbp
;;                                           ret
;;
;; float (frame of 64)
;;                                           push rbp
;;                                           mov rbp, rsp
;;   local.get 0
;;   local.get 1
;;   local.get 2
;;   i32.const 5
;;   i32.eq
;;   select                                  cmp edi, 5
;;                                           je L0
;;                                           movaps xmm0, xmm1
;;                                       L0:
;;   end                                     pop rbp
;;                                           ret
;;
;; maximum (frame of 48)
;;                                           push rbp
;;                                           mov rbp, rsp
;;   local.get 0
;;   local.get 1
;;   local.get 0
;;   local.get 1
;;   i32.gt_s
;;   select                                  cmp edi, esi
;;                                           mov eax, esi
;;                                           cmovg eax, edi
;;   end                                     pop rbp
;;                                           ret
;;
;; typed (frame of 64)
;;                                           push rbp
;;                                           mov rbp, rsp
;;                                           mov [rbp - 8], rdi
;;                                           mov [rbp - 0x10], rsi
;;   local.get 0
;;   local.get 1
;;   local.get 2
;;   select (result externref)               test edx, edx
;;                                           mov rax, rsi
;;                                           cmovne rax, rdi
;;   end                                     pop rbp
;;                                           ret
;;
;; by_float (frame of 64)
;;                                           push rbp
;;                                           mov rbp, rsp
;;   local.get 2
;;   local.get 3
;;   local.get 0
;;   local.get 1
;;   f32.gt
;;   select                                  ucomiss xmm0, xmm1
;;                                           mov eax, esi
;;                                           cmova eax, edi
;;   end                                     pop rbp
;;                                           ret

;;; aarch64
;;
;; integer (frame of 64)
;;                                           stp x29, x30, [sp, #-0x10]!
;;                                           mov x29, sp
;;                                           sub sp, sp, #0x40
;;   local.get 2
;;   local.get 3
;;   local.get 0
;;   local.get 1
;;   i32.lt_u
;;   select                                  cmp w0, w1
;;                                           csel x2, x2, x3, lo
;;   end                                     mov x0, x2
;;                                           mov sp, x29
;;                                           ldp x29, x30, [sp], #0x10
;;                                           ret
;;
;; inverted (frame of 64)
;;                                           stp x29, x30, [sp, #-0x10]!
;;                                           mov x29, sp
;;                                           sub sp, sp, #0x40
;;   local.get 1
;;   local.get 2
;;   local.get 0
;;   i32.eqz
;;   select                                  cmp w0, #0x0
;;                                           csel w1, w1, w2, eq
;;   end                                     mov x0, x1
;;                                           mov sp, x29
;;                                           ldp x29, x30, [sp], #0x10
;;                                           ret
;;
;; float (frame of 64)
;;                                           stp x29, x30, [sp, #-0x10]!
;;                                           mov x29, sp
;;                                           sub sp, sp, #0x40
;;   local.get 0
;;   local.get 1
;;   local.get 2
;;   i32.const 5
;;   i32.eq
;;   select                                  cmp w0, #0x5
;;                                           fcsel d0, d0, d1, eq
;;   end                                     mov sp, x29
;;                                           ldp x29, x30, [sp], #0x10
;;                                           ret
;;
;; maximum (frame of 48)
;;                                           stp x29, x30, [sp, #-0x10]!
;;                                           mov x29, sp
;;                                           sub sp, sp, #0x30
;;   local.get 0
;;   local.get 1
;;   local.get 0
;;   local.get 1
;;   i32.gt_s
;;   select                                  cmp w0, w1
;;                                           csel w2, w0, w1, gt
;;   end                                     mov x0, x2
;;                                           mov sp, x29
;;                                           ldp x29, x30, [sp], #0x10
;;                                           ret
;;
;; typed (frame of 64)
;;                                           stp x29, x30, [sp, #-0x10]!
;;                                           mov x29, sp
;;                                           sub sp, sp, #0x40
;;                                           stur x0, [x29, #-0x8]
;;                                           stur x1, [x29, #-0x10]
;;   local.get 0
;;   local.get 1
;;   local.get 2
;;   select (result externref)               cmp w2, #0x0
;;                                           csel x3, x0, x1, ne
;;   end                                     mov x0, x3
;;                                           mov sp, x29
;;                                           ldp x29, x30, [sp], #0x10
;;                                           ret
;;
;; by_float (frame of 64)
;;                                           stp x29, x30, [sp, #-0x10]!
;;                                           mov x29, sp
;;                                           sub sp, sp, #0x40
;;   local.get 2
;;   local.get 3
;;   local.get 0
;;   local.get 1
;;   f32.gt
;;   select                                  fcmp s0, s1
;;                                           csel w0, w0, w1, gt
;;   end                                     mov sp, x29
;;                                           ldp x29, x30, [sp], #0x10
;;                                           ret
