;;! tier = quick
;; Locals live in the frame: operands name them, and results are written back.
(module
  (func $arithmetic (param $a i32) (param $b i32) (result i32) (local $c i32)
    (local.set $c (i32.add (i32.mul (local.get $a) (i32.const 31)) (local.get $b)))
    (i32.xor (local.get $c) (i32.shl (local.get $a) (i32.const 3))))
  (func $borrowed (param $a i64) (result i64)
    (local.get $a)
    (local.set $a (i64.add (local.get $a) (i64.const 1)))
    (i64.sub (local.get $a)))
  (func $compared (param $a i32) (param $b f64) (result i32)
    (i32.add
      (i32.lt_s (local.get $a) (i32.const 7))
      (select (i32.const 1) (local.get $a) (f64.gt (local.get $b) (f64.const 0)))))
  (func $low_half (param $a i64) (result i32)
    (i32.rotl (i32.wrap_i64 (local.get $a)) (i32.const 5))))

;;; x86_64
;;
;; arithmetic (frame of 64)
;;                                           push rbp
;;                                           mov rbp, rsp
;;                                           mov [rbp - 8], edi
;;                                           mov [rbp - 0x10], esi
;;   local.get $a
;;   i32.const 31
;;   i32.mul                                 mov esi, [rbp - 8]
;;                                           imul esi, 0x1f
;;   local.get $b
;;   i32.add                                 add esi, [rbp - 0x10]
;;   local.set $c                            mov [rbp - 0x18], esi
;;   local.get $c
;;   local.get $a
;;   i32.const 3
;;   i32.shl                                 mov esi, [rbp - 8]
;;                                           shl esi, 3
;;   i32.xor                                 xor esi, [rbp - 0x18]
;;   end                                     mov eax, esi
;;                                           pop rbp
;;                                           ret
;;
;; borrowed (frame of 48)
;;                                           push rbp
;;                                           mov rbp, rsp
;;                                           mov [rbp - 8], rdi
;;   local.get $a
;;   local.get $a
;;   i64.const 1
;;   i64.add                                 mov rsi, [rbp - 8]
;;                                           inc rsi
;;   local.set $a                            mov rdi, [rbp - 8]
;;                                           mov [rbp - 8], rsi
;;   local.get $a
;;   i64.sub                                 sub rdi, [rbp - 8]
;;   end                                     mov rax, rdi
;;                                           pop rbp
;;                                           ret
;;
;; compared (frame of 64)
;;                                           push rbp
;;                                           mov rbp, rsp
;;                                           mov [rbp - 8], edi
;;                                           movsd [rbp - 0x10], xmm0
;;   local.get $a
;;   i32.const 7
;;   i32.lt_s
;;   i32.const 1                             mov esi, [rbp - 8]
;;                                           cmp esi, 7
;;                                           setl sil
;;                                           movzx esi, sil
;;   local.get $a
;;   local.get $b
;;   f64.const 0x0p+0 (;=0;)
;;   f64.gt
;;   select                                  movsd xmm0, [rbp - 0x10]
;;                                           xorps xmm1, xmm1
;;                                           mov edi, 1
;;                                           ucomisd xmm0, xmm1
;;                                           cmovbe edi, [rbp - 8]
;;   i32.add                                 add esi, edi
;;   end                                     mov eax, esi
;;                                           pop rbp
;;                                           ret
;;
;; low_half (frame of 32)
;;                                           push rbp
;;                                           mov rbp, rsp
;;                                           mov [rbp - 8], rdi
;;   local.get $a
;;   i32.wrap_i64
;;   i32.const 5
;;   i32.rotl                                mov esi, [rbp - 8]
;;                                           ror esi, 0x1b
;;   end                                     mov eax, esi
;;                                           pop rbp
;;                                           ret

;;; aarch64
;;
;; arithmetic (frame of 64)
;;                                           stp x29, x30, [sp, #-0x10]!
;;                                           mov x29, sp
;;                                           sub sp, sp, #0x40
;;                                           stur w0, [x29, #-0x8]
;;                                           stur w1, [x29, #-0x10]
;;   local.get $a
;;   i32.const 31
;;   i32.mul                                 ldur w0, [x29, #-0x8]
;;                                           lsl w17, w0, #0x5
;;                                           sub w0, w17, w0
;;   local.get $b
;;   i32.add                                 ldur w16, [x29, #-0x10]
;;                                           add w0, w0, w16
;;   local.set $c                            stur w0, [x29, #-0x18]
;;   local.get $c
;;   local.get $a
;;   i32.const 3
;;   i32.shl                                 ldur w0, [x29, #-0x8]
;;                                           lsl w0, w0, #0x3
;;   i32.xor                                 ldur w16, [x29, #-0x18]
;;                                           eor w0, w0, w16
;;   end                                     mov sp, x29
;;                                           ldp x29, x30, [sp], #0x10
;;                                           ret
;;
;; borrowed (frame of 48)
;;                                           stp x29, x30, [sp, #-0x10]!
;;                                           mov x29, sp
;;                                           sub sp, sp, #0x30
;;                                           stur x0, [x29, #-0x8]
;;   local.get $a
;;   local.get $a
;;   i64.const 1
;;   i64.add                                 ldur x0, [x29, #-0x8]
;;                                           add x0, x0, #0x1
;;   local.set $a                            ldur x1, [x29, #-0x8]
;;                                           stur x0, [x29, #-0x8]
;;   local.get $a
;;   i64.sub                                 ldur x16, [x29, #-0x8]
;;                                           sub x1, x1, x16
;;   end                                     mov x0, x1
;;                                           mov sp, x29
;;                                           ldp x29, x30, [sp], #0x10
;;                                           ret
;;
;; compared (frame of 64)
;;                                           stp x29, x30, [sp, #-0x10]!
;;                                           mov x29, sp
;;                                           sub sp, sp, #0x40
;;                                           stur w0, [x29, #-0x8]
;;                                           stur d0, [x29, #-0x10]
;;   local.get $a
;;   i32.const 7
;;   i32.lt_s
;;   i32.const 1                             ldur w0, [x29, #-0x8]
;;                                           cmp w0, #0x7
;;                                           cset w0, lt
;;   local.get $a
;;   local.get $b
;;   f64.const 0x0p+0 (;=0;)
;;   f64.gt
;;   select                                  ldur d0, [x29, #-0x10]
;;                                           movi v1.2d, #0x0
;;                                           mov w1, #0x1
;;                                           fcmp d0, d1
;;                                           ldur w16, [x29, #-0x8]
;;                                           csel w1, w1, w16, gt
;;   i32.add                                 add w0, w0, w1
;;   end                                     mov sp, x29
;;                                           ldp x29, x30, [sp], #0x10
;;                                           ret
;;
;; low_half (frame of 32)
;;                                           stp x29, x30, [sp, #-0x10]!
;;                                           mov x29, sp
;;                                           sub sp, sp, #0x20
;;                                           stur x0, [x29, #-0x8]
;;   local.get $a
;;   i32.wrap_i64
;;   i32.const 5
;;   i32.rotl                                ldur w0, [x29, #-0x8]
;;                                           ror w0, w0, #0x1b
;;   end                                     mov sp, x29
;;                                           ldp x29, x30, [sp], #0x10
;;                                           ret
