;; Operations on floats that need more than one instruction on one machine or
;; the other.
(module
  (func $minimum (param f32 f32) (result f32) (f32.min (local.get 0) (local.get 1)))
  (func $copy_sign (param f64 f64) (result f64) (f64.copysign (local.get 0) (local.get 1)))
  (func $absolute (param f64) (result f64) (f64.abs (local.get 0)))
  (func $negated (param f32) (result f32) (f32.neg (local.get 0)))
  (func $nearest (param f64) (result f64) (f64.nearest (local.get 0)))
  (func $unsigned (param i64) (result f64) (f64.convert_i64_u (local.get 0)))
  (func $constant (result f32) (f32.const 3.25)))

;;; x86_64
;;
;; minimum (frame of 32)
;;                                           push rbp
;;                                           mov rbp, rsp
;;   local.get 0
;;   local.get 1
;;   f32.min                                 ucomiss xmm0, xmm1
;;                                           jne L1
;;                                           jp L0
;;                                           orps xmm0, xmm1
;;                                           jmp L2
;;                                       L0:
;;                                           addss xmm0, xmm1
;;                                           jmp L2
;;                                       L1:
;;                                           minss xmm0, xmm1
;;                                       L2:
;;   end                                     pop rbp
;;                                           ret
;;
;; copy_sign (frame of 32)
;;                                           push rbp
;;                                           mov rbp, rsp
;;   local.get 0
;;   local.get 1
;;   f64.copysign                            movaps xmm15, xmm1
;;                                           andps xmm15, [rip + C0]
;;                                           andps xmm0, [rip + C1]
;;                                           orps xmm0, xmm15
;;   end                                     pop rbp
;;                                           ret
;;                                           .byte 0x00, 0x00, 0x00
;;                                       C0:
;;                                           .word 0x00000000
;;                                           .word 0x80000000
;;                                           .word 0x00000000
;;                                           .word 0x80000000
;;                                       C1:
;;                                           .word 0xffffffff
;;                                           .word 0x7fffffff
;;                                           .word 0xffffffff
;;                                           .word 0x7fffffff
;;
;; absolute (frame of 32)
;;                                           push rbp
;;                                           mov rbp, rsp
;;   local.get 0
;;   f64.abs                                 andps xmm0, [rip + C0]
;;   end                                     pop rbp
;;                                           ret
;;                                           .byte 0x00, 0x00, 0x00
;;                                       C0:
;;                                           .word 0xffffffff
;;                                           .word 0x7fffffff
;;                                           .word 0xffffffff
;;                                           .word 0x7fffffff
;;
;; negated (frame of 32)
;;                                           push rbp
;;                                           mov rbp, rsp
;;   local.get 0
;;   f32.neg                                 xorps xmm0, [rip + C0]
;;   end                                     pop rbp
;;                                           ret
;;                                           .byte 0x00, 0x00, 0x00
;;                                       C0:
;;                                           .word 0x80000000
;;                                           .word 0x80000000
;;                                           .word 0x80000000
;;                                           .word 0x80000000
;;
;; nearest (frame of 32)
;;                                           push rbp
;;                                           mov rbp, rsp
;;   local.get 0
;;   f64.nearest                             roundsd xmm0, xmm0, 8
;;   end                                     pop rbp
;;                                           ret
;;
;; unsigned (frame of 32)
;;                                           push rbp
;;                                           mov rbp, rsp
;;   local.get 0
;;   f64.convert_i64_u                       xorps xmm0, xmm0
;;                                           test rdi, rdi
;;                                           js L0
;;                                           cvtsi2sd xmm0, rdi
;;                                           jmp L2
;;                                       L0:
;;                                           mov r11, rdi
;;                                           shr r11, 1
;;                                           jae L1
;;                                           or r11, 1
;;                                       L1:
;;                                           cvtsi2sd xmm0, r11
;;                                           addsd xmm0, xmm0
;;                                       L2:
;;   end                                     pop rbp
;;                                           ret
;;
;; constant (frame of 16)
;;                                           push rbp
;;                                           mov rbp, rsp
;;   f32.const 0x1.ap+1 (;=3.25;)
;;   end                                     mov r11d, 0x40500000
;;                                           movd xmm0, r11d
;;                                           pop rbp
;;                                           ret

;;; aarch64
;;
;; minimum (frame of 32)
;;                                           stp x29, x30, [sp, #-0x10]!
;;                                           mov x29, sp
;;                                           sub sp, sp, #0x20
;;   local.get 0
;;   local.get 1
;;   f32.min                                 fmin s0, s0, s1
;;   end                                     mov sp, x29
;;                                           ldp x29, x30, [sp], #0x10
;;                                           ret
;;
;; copy_sign (frame of 32)
;;                                           stp x29, x30, [sp, #-0x10]!
;;                                           mov x29, sp
;;                                           sub sp, sp, #0x20
;;   local.get 0
;;   local.get 1
;;   f64.copysign                            ushr v30.2d, v1.2d, #0x3f
;;                                           sli v0.2d, v30.2d, #0x3f
;;   end                                     mov sp, x29
;;                                           ldp x29, x30, [sp], #0x10
;;                                           ret
;;
;; absolute (frame of 32)
;;                                           stp x29, x30, [sp, #-0x10]!
;;                                           mov x29, sp
;;                                           sub sp, sp, #0x20
;;   local.get 0
;;   f64.abs                                 fabs d0, d0
;;   end                                     mov sp, x29
;;                                           ldp x29, x30, [sp], #0x10
;;                                           ret
;;
;; negated (frame of 32)
;;                                           stp x29, x30, [sp, #-0x10]!
;;                                           mov x29, sp
;;                                           sub sp, sp, #0x20
;;   local.get 0
;;   f32.neg                                 fneg s0, s0
;;   end                                     mov sp, x29
;;                                           ldp x29, x30, [sp], #0x10
;;                                           ret
;;
;; nearest (frame of 32)
;;                                           stp x29, x30, [sp, #-0x10]!
;;                                           mov x29, sp
;;                                           sub sp, sp, #0x20
;;   local.get 0
;;   f64.nearest                             frintn d0, d0
;;   end                                     mov sp, x29
;;                                           ldp x29, x30, [sp], #0x10
;;                                           ret
;;
;; unsigned (frame of 32)
;;                                           stp x29, x30, [sp, #-0x10]!
;;                                           mov x29, sp
;;                                           sub sp, sp, #0x20
;;   local.get 0
;;   f64.convert_i64_u                       ucvtf d0, x0
;;   end                                     mov sp, x29
;;                                           ldp x29, x30, [sp], #0x10
;;                                           ret
;;
;; constant (frame of 16)
;;                                           stp x29, x30, [sp, #-0x10]!
;;                                           mov x29, sp
;;                                           sub sp, sp, #0x10
;;   f32.const 0x1.ap+1 (;=3.25;)
;;   end                                     fmov s0, #3.25
;;                                           mov sp, x29
;;                                           ldp x29, x30, [sp], #0x10
;;                                           ret
