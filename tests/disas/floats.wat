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
;;   f32.min                                 movaps xmm2, xmm0
;;                                           ucomiss xmm2, xmm1
;;                                           jne L1
;;                                           jp L0
;;                                           orps xmm2, xmm1
;;                                           jmp L2
;;                                       L0:
;;                                           addss xmm2, xmm1
;;                                           jmp L2
;;                                       L1:
;;                                           minss xmm2, xmm1
;;                                       L2:
;;   end                                     movaps xmm0, xmm2
;;                                           pop rbp
;;                                           ret
;;
;; copy_sign (frame of 32)
;;                                           push rbp
;;                                           mov rbp, rsp
;;   local.get 0
;;   local.get 1
;;   f64.copysign                            movaps xmm15, xmm1
;;                                           andps xmm15, [rip + C0]
;;                                           vandps xmm2, xmm0, [rip + C1]
;;                                           orps xmm2, xmm15
;;   end                                     movaps xmm0, xmm2
;;                                           pop rbp
;;                                           ret
;;                                           .word 0x00000000
;;                                           .word 0x00000000
;;                                           .word 0x00000000
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
;;   f64.abs                                 vandps xmm1, xmm0, [rip + C0]
;;   end                                     movaps xmm0, xmm1
;;                                           pop rbp
;;                                           ret
;;                                           .word 0x00000000
;;                                           .word 0x00000000
;;                                           .word 0x00000000
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
;;   f32.neg                                 vxorps xmm1, xmm0, [rip + C0]
;;   end                                     movaps xmm0, xmm1
;;                                           pop rbp
;;                                           ret
;;                                           .word 0x00000000
;;                                           .word 0x00000000
;;                                           .word 0x00000000
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
;;   f64.nearest                             movaps xmm1, xmm0
;;                                           roundsd xmm1, xmm1, 8
;;   end                                     movaps xmm0, xmm1
;;                                           pop rbp
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
;;   f32.min                                 fmin s2, s0, s1
;;   end                                     mov v0.16b, v2.16b
;;                                           mov sp, x29
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
;;                                           mov v2.16b, v0.16b
;;                                           sli v2.2d, v30.2d, #0x3f
;;   end                                     mov v0.16b, v2.16b
;;                                           mov sp, x29
;;                                           ldp x29, x30, [sp], #0x10
;;                                           ret
;;
;; absolute (frame of 32)
;;                                           stp x29, x30, [sp, #-0x10]!
;;                                           mov x29, sp
;;                                           sub sp, sp, #0x20
;;   local.get 0
;;   f64.abs                                 fabs d1, d0
;;   end                                     mov v0.16b, v1.16b
;;                                           mov sp, x29
;;                                           ldp x29, x30, [sp], #0x10
;;                                           ret
;;
;; negated (frame of 32)
;;                                           stp x29, x30, [sp, #-0x10]!
;;                                           mov x29, sp
;;                                           sub sp, sp, #0x20
;;   local.get 0
;;   f32.neg                                 fneg s1, s0
;;   end                                     mov v0.16b, v1.16b
;;                                           mov sp, x29
;;                                           ldp x29, x30, [sp], #0x10
;;                                           ret
;;
;; nearest (frame of 32)
;;                                           stp x29, x30, [sp, #-0x10]!
;;                                           mov x29, sp
;;                                           sub sp, sp, #0x20
;;   local.get 0
;;   f64.nearest                             frintn d1, d0
;;   end                                     mov v0.16b, v1.16b
;;                                           mov sp, x29
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
