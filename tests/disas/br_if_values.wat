;; A conditional branch that carries values moves them only when it is taken,
;; out of line where a move is needed.
(module
  (func $one (param i32 i32) (result i32)
    (block $out (result i32)
      (local.get 0)
      (br_if $out (i32.gt_s (local.get 0) (local.get 1)))
      (drop)
      (i32.const 42)))
  (func $two (param i32 i64 f64) (result i64 f64)
    (block $out (result i64 f64)
      (local.get 1) (local.get 2)
      (br_if $out (local.get 0))
      (drop) (drop)
      (i64.const 1) (f64.const 2)))
  (func $swapped (param i32 i32 i32) (result i32 i32)
    (block $out (result i32 i32)
      (local.get 1) (local.get 0)
      (br_if $out (local.get 2))
      (i32.add (i32.const 1))))
  (func $to_loop (param $n i32) (result i32)
    (i32.const 0) (local.get $n)
    (loop $next (param i32 i32) (result i32)
      (local.set $n)
      (i32.add (local.get $n))
      (i32.sub (local.get $n) (i32.const 1))
      (br_if $next (i32.ne (local.get $n) (i32.const 1)))
      (drop)))
  (func $from_depth (param i32 i32) (result i32)
    (block $out (result i32)
      (i32.const 1) (i32.const 2) (i32.const 3)
      (local.get 1)
      (br_if $out (local.get 0))
      (i32.add) (i32.add) (i32.add))))

;;; x86_64
;;
;; one (frame of 48)
;;                                           push rbp
;;                                           mov rbp, rsp
;;   block $out (result i32)
;;   local.get 0
;;   local.get 0
;;   local.get 1
;;   i32.gt_s
;;   br_if $out                              cmp edi, esi
;;                                           jg L1
;;   drop
;;   i32.const 42
;;   end                                     mov r8d, 0x2a
;;                                       L0:
;;   end                                     mov eax, r8d
;;                                           pop rbp
;;                                           ret
;;                                       L1:
;;                                           mov r8d, edi
;;                                           jmp L0
;;
;; two (frame of 64)
;;                                           push rbp
;;                                           mov rbp, rsp
;;   block $out (type 2) (result i64 f64)
;;   local.get 1
;;   local.get 2
;;   local.get 0
;;   br_if $out                              test edi, edi
;;                                           jne L1
;;   drop
;;   drop
;;   i64.const 1
;;   f64.const 0x1p+1 (;=2;)
;;   end                                     mov r8d, 1
;;                                           movsd xmm1, [rip + C0]
;;                                       L0:
;;   end                                     mov rax, r8
;;                                           movaps xmm0, xmm1
;;                                           pop rbp
;;                                           ret
;;                                       L1:
;;                                           mov r8, rsi
;;                                           movaps xmm1, xmm0
;;                                           jmp L0
;;                                           .word 0x00000000
;;                                           .byte 0x00, 0x00
;;                                       C0:
;;                                           .word 0x00000000
;;                                           .word 0x40000000
;;
;; swapped (frame of 64)
;;                                           push rbp
;;                                           mov rbp, rsp
;;   block $out (type 4) (result i32 i32)
;;   local.get 1
;;   local.get 0
;;   local.get 2
;;   br_if $out                              test edx, edx
;;                                           jne L1
;;   i32.const 1
;;   i32.add                                 inc edi
;;   end                                     mov r8d, esi
;;                                           mov r9d, edi
;;                                       L0:
;;   end                                     mov eax, r8d
;;                                           mov edx, r9d
;;                                           pop rbp
;;                                           ret
;;                                       L1:
;;                                           mov r8d, esi
;;                                           mov r9d, edi
;;                                           jmp L0
;;
;; to_loop (frame of 48)
;;                                           push rbp
;;                                           mov rbp, rsp
;;   i32.const 0
;;   local.get $n
;;   loop $next (type 0) (param i32 i32) (result i32)      mov [rbp - 0x20], edi
;;                                           mov dword ptr [rbp - 0x18], 0
;;                                           xchg ax, ax
;;                                       L0:
;;   local.set $n                            mov edi, [rbp - 0x20]  ; loop: local 0 in rdi
;;   local.get $n
;;   i32.add                                 mov esi, [rbp - 0x18]
;;                                           add esi, edi
;;   local.get $n
;;   i32.const 1
;;   i32.sub                                 lea r8d, [rdi - 1]
;;   local.get $n
;;   i32.const 1
;;   i32.ne
;;   br_if $next                             cmp edi, 1
;;                                           je L1
;;                                           mov [rbp - 0x18], esi
;;                                           mov [rbp - 0x20], r8d
;;                                           jmp L0
;;                                       L1:
;;   drop
;;   end
;;   end                                     mov eax, esi
;;                                           pop rbp
;;                                           ret
;;
;; from_depth (frame of 64)
;;                                           push rbp
;;                                           mov rbp, rsp
;;   block $out (result i32)
;;   i32.const 1
;;   i32.const 2
;;   i32.const 3
;;   local.get 1
;;   local.get 0
;;   br_if $out                              test edi, edi
;;                                           jne L1
;;   i32.add                                 add esi, 3
;;   i32.add                                 add esi, 2
;;   i32.add                                 inc esi
;;   end                                     mov r8d, esi
;;                                       L0:
;;   end                                     mov eax, r8d
;;                                           pop rbp
;;                                           ret
;;                                       L1:
;;                                           mov r8d, esi
;;                                           jmp L0

;;; aarch64
;;
;; one (frame of 48)
;;                                           stp x29, x30, [sp, #-0x10]!
;;                                           mov x29, sp
;;                                           sub sp, sp, #0x30
;;   block $out (result i32)
;;   local.get 0
;;   local.get 0
;;   local.get 1
;;   i32.gt_s
;;   br_if $out                              cmp w0, w1
;;                                           b.gt L1
;;   drop
;;   i32.const 42
;;   end                                     mov w2, #0x2a
;;                                       L0:
;;   end                                     mov x0, x2
;;                                           mov sp, x29
;;                                           ldp x29, x30, [sp], #0x10
;;                                           ret
;;                                       L1:
;;                                           mov x2, x0
;;                                           b L0
;;
;; two (frame of 64)
;;                                           stp x29, x30, [sp, #-0x10]!
;;                                           mov x29, sp
;;                                           sub sp, sp, #0x40
;;   block $out (type 2) (result i64 f64)
;;   local.get 1
;;   local.get 2
;;   local.get 0
;;   br_if $out                              cbnz w0, L1
;;   drop
;;   drop
;;   i64.const 1
;;   f64.const 0x1p+1 (;=2;)
;;   end                                     mov w2, #0x1
;;                                           fmov d1, #2.0
;;                                       L0:
;;   end                                     mov x0, x2
;;                                           mov v0.16b, v1.16b
;;                                           mov sp, x29
;;                                           ldp x29, x30, [sp], #0x10
;;                                           ret
;;                                       L1:
;;                                           mov x2, x1
;;                                           mov v1.16b, v0.16b
;;                                           b L0
;;
;; swapped (frame of 64)
;;                                           stp x29, x30, [sp, #-0x10]!
;;                                           mov x29, sp
;;                                           sub sp, sp, #0x40
;;   block $out (type 4) (result i32 i32)
;;   local.get 1
;;   local.get 0
;;   local.get 2
;;   br_if $out                              cbnz w2, L1
;;   i32.const 1
;;   i32.add                                 add w0, w0, #0x1
;;   end                                     mov x3, x1
;;                                           mov x4, x0
;;                                       L0:
;;   end                                     mov x0, x3
;;                                           mov x1, x4
;;                                           mov sp, x29
;;                                           ldp x29, x30, [sp], #0x10
;;                                           ret
;;                                       L1:
;;                                           mov x3, x1
;;                                           mov x4, x0
;;                                           b L0
;;
;; to_loop (frame of 48)
;;                                           stp x29, x30, [sp, #-0x10]!
;;                                           mov x29, sp
;;                                           sub sp, sp, #0x30
;;   i32.const 0
;;   local.get $n
;;   loop $next (type 0) (param i32 i32) (result i32)      stur w0, [x29, #-0x20]
;;                                           stur wzr, [x29, #-0x18]
;;                                           nop
;;                                           nop
;;                                           nop
;;                                       L0:
;;   local.set $n                            ldur w0, [x29, #-0x20]  ; loop: local 0 in x0
;;   local.get $n
;;   i32.add                                 ldur w1, [x29, #-0x18]
;;                                           add w1, w1, w0
;;   local.get $n
;;   i32.const 1
;;   i32.sub                                 sub w2, w0, #0x1
;;   local.get $n
;;   i32.const 1
;;   i32.ne
;;   br_if $next                             cmp w0, #0x1
;;                                           b.eq L1
;;                                           stur w1, [x29, #-0x18]
;;                                           stur w2, [x29, #-0x20]
;;                                           b L0
;;                                       L1:
;;   drop
;;   end
;;   end                                     mov x0, x1
;;                                           mov sp, x29
;;                                           ldp x29, x30, [sp], #0x10
;;                                           ret
;;
;; from_depth (frame of 64)
;;                                           stp x29, x30, [sp, #-0x10]!
;;                                           mov x29, sp
;;                                           sub sp, sp, #0x40
;;   block $out (result i32)
;;   i32.const 1
;;   i32.const 2
;;   i32.const 3
;;   local.get 1
;;   local.get 0
;;   br_if $out                              cbnz w0, L1
;;   i32.add                                 add w1, w1, #0x3
;;   i32.add                                 add w1, w1, #0x2
;;   i32.add                                 add w1, w1, #0x1
;;   end                                     mov x2, x1
;;                                       L0:
;;   end                                     mov x0, x2
;;                                           mov sp, x29
;;                                           ldp x29, x30, [sp], #0x10
;;                                           ret
;;                                       L1:
;;                                           mov x2, x1
;;                                           b L0
