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
;; arithmetic (frame of 96)
;;                                           push rbp
;;                                           mov rbp, rsp
;;                                           sub rsp, 0x60
;;                                           mov r11, [r15]
;;                                           cmp rsp, [r11]
;;                                           jb L0
;;                                           mov [rbp - 8], r15
;;                                           mov [rbp - 0x10], edi
;;                                           mov [rbp - 0x18], esi
;;                                           mov qword ptr [rbp - 0x20], 0
;;   local.get $a
;;   i32.const 31
;;   i32.mul                                 mov esi, [rbp - 0x10]
;;                                           imul esi, 0x1f
;;   local.get $b
;;   i32.add                                 add esi, [rbp - 0x18]
;;   local.set $c                            mov [rbp - 0x20], esi
;;   local.get $c
;;   local.get $a
;;   i32.const 3
;;   i32.shl                                 mov esi, [rbp - 0x10]
;;                                           shl esi, 3
;;   i32.xor                                 xor esi, [rbp - 0x20]
;;   end                                     mov eax, esi
;;                                           leave
;;                                           ret
;;                                       L0:
;;                                           ud2  ; trap: call stack exhausted
;;
;; borrowed (frame of 64)
;;                                           push rbp
;;                                           mov rbp, rsp
;;                                           sub rsp, 0x40
;;                                           mov r11, [r15]
;;                                           cmp rsp, [r11]
;;                                           jb L0
;;                                           mov [rbp - 8], r15
;;                                           mov [rbp - 0x10], rdi
;;   local.get $a
;;   local.get $a
;;   i64.const 1
;;   i64.add                                 mov rsi, [rbp - 0x10]
;;                                           inc rsi
;;   local.set $a                            mov rdi, [rbp - 0x10]
;;                                           mov [rbp - 0x10], rsi
;;   local.get $a
;;   i64.sub                                 sub rdi, [rbp - 0x10]
;;   end                                     mov rax, rdi
;;                                           leave
;;                                           ret
;;                                       L0:
;;                                           ud2  ; trap: call stack exhausted
;;
;; compared (frame of 96)
;;                                           push rbp
;;                                           mov rbp, rsp
;;                                           sub rsp, 0x60
;;                                           mov r11, [r15]
;;                                           cmp rsp, [r11]
;;                                           jb L0
;;                                           mov [rbp - 8], r15
;;                                           mov [rbp - 0x10], edi
;;                                           movsd [rbp - 0x18], xmm0
;;   local.get $a
;;   i32.const 7
;;   i32.lt_s
;;   i32.const 1                             mov esi, [rbp - 0x10]
;;                                           cmp esi, 7
;;                                           setl sil
;;                                           movzx esi, sil
;;   local.get $a
;;   local.get $b
;;   f64.const 0x0p+0 (;=0;)
;;   f64.gt
;;   select                                  movsd xmm0, [rbp - 0x18]
;;                                           xorps xmm1, xmm1
;;                                           mov edi, 1
;;                                           ucomisd xmm0, xmm1
;;                                           cmovbe edi, [rbp - 0x10]
;;   i32.add                                 add esi, edi
;;   end                                     mov eax, esi
;;                                           leave
;;                                           ret
;;                                       L0:
;;                                           ud2  ; trap: call stack exhausted
;;
;; low_half (frame of 64)
;;                                           push rbp
;;                                           mov rbp, rsp
;;                                           sub rsp, 0x40
;;                                           mov r11, [r15]
;;                                           cmp rsp, [r11]
;;                                           jb L0
;;                                           mov [rbp - 8], r15
;;                                           mov [rbp - 0x10], rdi
;;   local.get $a
;;   i32.wrap_i64
;;   i32.const 5
;;   i32.rotl                                mov esi, [rbp - 0x10]
;;                                           ror esi, 0x1b
;;   end                                     mov eax, esi
;;                                           leave
;;                                           ret
;;                                       L0:
;;                                           ud2  ; trap: call stack exhausted

;;; aarch64
;;
;; arithmetic (frame of 96)
;;                                           stp x29, x30, [sp, #-0x10]!
;;                                           mov x29, sp
;;                                           sub sp, sp, #0x60
;;                                           ldr x16, [x28]
;;                                           ldr x16, [x16]
;;                                           cmp sp, x16
;;                                           b.lo L0
;;                                           stur x28, [x29, #-0x8]
;;                                           stur w0, [x29, #-0x10]
;;                                           stur w1, [x29, #-0x18]
;;                                           stur xzr, [x29, #-0x20]
;;   local.get $a
;;   i32.const 31
;;   i32.mul                                 ldur w0, [x29, #-0x10]
;;                                           lsl w17, w0, #0x5
;;                                           sub w0, w17, w0
;;   local.get $b
;;   i32.add                                 ldur w16, [x29, #-0x18]
;;                                           add w0, w0, w16
;;   local.set $c                            stur w0, [x29, #-0x20]
;;   local.get $c
;;   local.get $a
;;   i32.const 3
;;   i32.shl                                 ldur w0, [x29, #-0x10]
;;                                           lsl w0, w0, #0x3
;;   i32.xor                                 ldur w16, [x29, #-0x20]
;;                                           eor w0, w0, w16
;;   end                                     mov sp, x29
;;                                           ldp x29, x30, [sp], #0x10
;;                                           ret
;;                                       L0:
;;                                           udf #9  ; trap: call stack exhausted
;;
;; borrowed (frame of 64)
;;                                           stp x29, x30, [sp, #-0x10]!
;;                                           mov x29, sp
;;                                           sub sp, sp, #0x40
;;                                           ldr x16, [x28]
;;                                           ldr x16, [x16]
;;                                           cmp sp, x16
;;                                           b.lo L0
;;                                           stur x28, [x29, #-0x8]
;;                                           stur x0, [x29, #-0x10]
;;   local.get $a
;;   local.get $a
;;   i64.const 1
;;   i64.add                                 ldur x0, [x29, #-0x10]
;;                                           add x0, x0, #0x1
;;   local.set $a                            ldur x1, [x29, #-0x10]
;;                                           stur x0, [x29, #-0x10]
;;   local.get $a
;;   i64.sub                                 ldur x16, [x29, #-0x10]
;;                                           sub x1, x1, x16
;;   end                                     mov x0, x1
;;                                           mov sp, x29
;;                                           ldp x29, x30, [sp], #0x10
;;                                           ret
;;                                       L0:
;;                                           udf #9  ; trap: call stack exhausted
;;
;; compared (frame of 96)
;;                                           stp x29, x30, [sp, #-0x10]!
;;                                           mov x29, sp
;;                                           sub sp, sp, #0x60
;;                                           ldr x16, [x28]
;;                                           ldr x16, [x16]
;;                                           cmp sp, x16
;;                                           b.lo L0
;;                                           stur x28, [x29, #-0x8]
;;                                           stur w0, [x29, #-0x10]
;;                                           stur d0, [x29, #-0x18]
;;   local.get $a
;;   i32.const 7
;;   i32.lt_s
;;   i32.const 1                             ldur w0, [x29, #-0x10]
;;                                           cmp w0, #0x7
;;                                           cset w0, lt
;;   local.get $a
;;   local.get $b
;;   f64.const 0x0p+0 (;=0;)
;;   f64.gt
;;   select                                  ldur d0, [x29, #-0x18]
;;                                           movi v1.2d, #0x0
;;                                           mov w1, #0x1
;;                                           fcmp d0, d1
;;                                           ldur w16, [x29, #-0x10]
;;                                           csel w1, w1, w16, gt
;;   i32.add                                 add w0, w0, w1
;;   end                                     mov sp, x29
;;                                           ldp x29, x30, [sp], #0x10
;;                                           ret
;;                                       L0:
;;                                           udf #9  ; trap: call stack exhausted
;;
;; low_half (frame of 64)
;;                                           stp x29, x30, [sp, #-0x10]!
;;                                           mov x29, sp
;;                                           sub sp, sp, #0x40
;;                                           ldr x16, [x28]
;;                                           ldr x16, [x16]
;;                                           cmp sp, x16
;;                                           b.lo L0
;;                                           stur x28, [x29, #-0x8]
;;                                           stur x0, [x29, #-0x10]
;;   local.get $a
;;   i32.wrap_i64
;;   i32.const 5
;;   i32.rotl                                ldur w0, [x29, #-0x10]
;;                                           ror w0, w0, #0x1b
;;   end                                     mov sp, x29
;;                                           ldp x29, x30, [sp], #0x10
;;                                           ret
;;                                       L0:
;;                                           udf #9  ; trap: call stack exhausted
