;; A load becomes part of the operation behind it where the machine has such an
;; instruction and nobody else needs what was loaded.
(module
  (memory 1)
  (func $add (param i32 i32) (result i32)
    (i32.add (i32.mul (local.get 0) (i32.const 7)) (i32.load offset=4 (local.get 1))))
  (func $accumulate (param i32 i64) (result i64)
    (loop
      (local.set 1 (i64.xor (local.get 1) (i64.load (local.get 0))))
      (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 8)))))
    (local.get 1))
  (func $product (param i32) (result i64) (i64.mul (i64.load (local.get 0)) (i64.const 1000)))
  (func $float (param i32 f64) (result f64)
    (f64.sub (local.get 1) (f64.load (local.get 0))))
  (func $compare (param i32 i32)
    (loop (br_if 0 (i32.lt_s (local.get 1) (i32.load (local.get 0))))))
  (func $compare_left (param i32 i32)
    (loop (br_if 0 (i32.lt_s (i32.load (local.get 0)) (local.get 1)))))
  (func $constant (param i32)
    (loop (br_if 0 (i32.eq (i32.load (local.get 0)) (i32.const 1000)))))
  (func $byte (param i32)
    (loop (br_if 0 (i32.gt_s (i32.load8_u (local.get 0)) (i32.const 47)))))
  (func $zero (param i32)
    (loop (br_if 0 (i32.eqz (i32.load8_u (local.get 0))))))
  (func $kept (param i32) (result i32) (local i32)
    (i32.add (i32.mul (local.get 0) (i32.const 7)) (local.tee 1 (i32.load (local.get 0))))
    (i32.add (local.get 1))))

;;; x86_64
;;
;; add (frame of 32)
;;                                           push rbp
;;                                           mov rbp, rsp
;;   local.get 0
;;   i32.const 7
;;   i32.mul                                 imul edi, 7
;;   local.get 1
;;   i32.load offset=4                       mov esi, [r14 + rsi + 4]
;;   i32.add                                 lea eax, [rdi + rsi]
;;   end                                     pop rbp
;;                                           ret
;;
;; accumulate (frame of 32)
;;                                           push rbp
;;                                           mov rbp, rsp
;;   loop ;; label = @1                      nop [rax + rax]
;;                                       L0:
;;   local.get 1
;;   local.get 0
;;   i64.load
;;   i64.xor                                 xor rsi, [r14 + rdi]  ; loop: local 1 in rsi, 0 in rdi
;;   local.set 1
;;   local.get 0
;;   i32.const 8
;;   i32.sub                                 add edi, -8
;;   local.tee 0
;;   br_if 0 (;@1;)                          jne L0
;;   end
;;   local.get 1
;;   end                                     mov rax, rsi
;;                                           pop rbp
;;                                           ret
;;
;; product (frame of 32)
;;                                           push rbp
;;                                           mov rbp, rsp
;;   local.get 0
;;   i64.load
;;   i64.const 1000
;;   i64.mul                                 imul rax, [r14 + rdi], 0x3e8
;;   end                                     pop rbp
;;                                           ret
;;
;; float (frame of 32)
;;                                           push rbp
;;                                           mov rbp, rsp
;;   local.get 1
;;   local.get 0
;;   f64.load
;;   f64.sub                                 subsd xmm0, [r14 + rdi]
;;   end                                     pop rbp
;;                                           ret
;;
;; compare (frame of 32)
;;                                           push rbp
;;                                           mov rbp, rsp
;;   loop ;; label = @1                      nop [rax + rax]
;;                                       L0:
;;   local.get 1
;;   local.get 0
;;   i32.load
;;   i32.lt_s
;;   br_if 0 (;@1;)                          cmp esi, [r14 + rdi]  ; loop: local 1 in rsi, 0 in rdi
;;                                           jl L0
;;   end
;;   end                                     pop rbp
;;                                           ret
;;
;; compare_left (frame of 32)
;;                                           push rbp
;;                                           mov rbp, rsp
;;   loop ;; label = @1                      nop [rax + rax]
;;                                       L0:
;;   local.get 0
;;   i32.load
;;   local.get 1
;;   i32.lt_s
;;   br_if 0 (;@1;)                          cmp [r14 + rdi], esi  ; loop: local 1 in rsi, 0 in rdi
;;                                           jl L0
;;   end
;;   end                                     pop rbp
;;                                           ret
;;
;; constant (frame of 32)
;;                                           push rbp
;;                                           mov rbp, rsp
;;   loop ;; label = @1                      nop [rax + rax]
;;                                       L0:
;;   local.get 0
;;   i32.load
;;   i32.const 1000
;;   i32.eq
;;   br_if 0 (;@1;)                          cmp dword ptr [r14 + rdi], 0x3e8  ; loop: local 0 in rdi
;;                                           je L0
;;   end
;;   end                                     pop rbp
;;                                           ret
;;
;; byte (frame of 32)
;;                                           push rbp
;;                                           mov rbp, rsp
;;   loop ;; label = @1                      nop [rax + rax]
;;                                       L0:
;;   local.get 0
;;   i32.load8_u
;;   i32.const 47
;;   i32.gt_s
;;   br_if 0 (;@1;)                          cmp byte ptr [r14 + rdi], 0x2f  ; loop: local 0 in rdi
;;                                           ja L0
;;   end
;;   end                                     pop rbp
;;                                           ret
;;
;; zero (frame of 32)
;;                                           push rbp
;;                                           mov rbp, rsp
;;   loop ;; label = @1                      nop [rax + rax]
;;                                       L0:
;;   local.get 0
;;   i32.load8_u
;;   i32.eqz
;;   br_if 0 (;@1;)                          cmp byte ptr [r14 + rdi], 0  ; loop: local 0 in rdi
;;                                           je L0
;;   end
;;   end                                     pop rbp
;;                                           ret
;;
;; kept (frame of 32)
;;                                           push rbp
;;                                           mov rbp, rsp
;;   local.get 0
;;   i32.const 7
;;   i32.mul                                 imul esi, edi, 7
;;   local.get 0
;;   i32.load                                mov edi, [r14 + rdi]
;;   local.tee 1
;;   i32.add                                 add esi, edi
;;   local.get 1
;;   i32.add                                 lea eax, [rsi + rdi]
;;   end                                     pop rbp
;;                                           ret

;;; aarch64
;;
;; add (frame of 32)
;;                                           stp x29, x30, [sp, #-0x10]!
;;                                           mov x29, sp
;;                                           sub sp, sp, #0x20
;;   local.get 0
;;   i32.const 7
;;   i32.mul                                 lsl w17, w0, #0x3
;;                                           sub w0, w17, w0
;;   local.get 1
;;   i32.load offset=4                       add x17, x27, #0x4
;;                                           ldr w1, [x17, w1, uxtw]
;;   i32.add                                 add w0, w0, w1
;;   end                                     mov sp, x29
;;                                           ldp x29, x30, [sp], #0x10
;;                                           ret
;;
;; accumulate (frame of 32)
;;                                           stp x29, x30, [sp, #-0x10]!
;;                                           mov x29, sp
;;                                           sub sp, sp, #0x20
;;   loop ;; label = @1                      nop
;;                                       L0:
;;   local.get 1
;;   local.get 0
;;   i64.load                                ldr x2, [x27, w0, uxtw]  ; loop: local 0 in x0, 1 in x1
;;   i64.xor                                 eor x1, x1, x2
;;   local.set 1
;;   local.get 0
;;   i32.const 8
;;   i32.sub                                 sub w0, w0, #0x8
;;   local.tee 0
;;   br_if 0 (;@1;)                          cbnz w0, L0
;;   end
;;   local.get 1
;;   end                                     mov x0, x1
;;                                           mov sp, x29
;;                                           ldp x29, x30, [sp], #0x10
;;                                           ret
;;
;; product (frame of 32)
;;                                           stp x29, x30, [sp, #-0x10]!
;;                                           mov x29, sp
;;                                           sub sp, sp, #0x20
;;   local.get 0
;;   i64.load                                ldr x0, [x27, w0, uxtw]
;;   i64.const 1000
;;   i64.mul                                 mov w16, #0x3e8
;;                                           mul x0, x0, x16
;;   end                                     mov sp, x29
;;                                           ldp x29, x30, [sp], #0x10
;;                                           ret
;;
;; float (frame of 32)
;;                                           stp x29, x30, [sp, #-0x10]!
;;                                           mov x29, sp
;;                                           sub sp, sp, #0x20
;;   local.get 1
;;   local.get 0
;;   f64.load                                ldr d1, [x27, w0, uxtw]
;;   f64.sub                                 fsub d0, d0, d1
;;   end                                     mov sp, x29
;;                                           ldp x29, x30, [sp], #0x10
;;                                           ret
;;
;; compare (frame of 32)
;;                                           stp x29, x30, [sp, #-0x10]!
;;                                           mov x29, sp
;;                                           sub sp, sp, #0x20
;;   loop ;; label = @1                      nop
;;                                       L0:
;;   local.get 1
;;   local.get 0
;;   i32.load                                ldr w2, [x27, w0, uxtw]  ; loop: local 0 in x0, 1 in x1
;;   i32.lt_s
;;   br_if 0 (;@1;)                          cmp w1, w2
;;                                           b.lt L0
;;   end
;;   end                                     mov sp, x29
;;                                           ldp x29, x30, [sp], #0x10
;;                                           ret
;;
;; compare_left (frame of 32)
;;                                           stp x29, x30, [sp, #-0x10]!
;;                                           mov x29, sp
;;                                           sub sp, sp, #0x20
;;   loop ;; label = @1                      nop
;;                                       L0:
;;   local.get 0
;;   i32.load                                ldr w2, [x27, w0, uxtw]  ; loop: local 0 in x0, 1 in x1
;;   local.get 1
;;   i32.lt_s
;;   br_if 0 (;@1;)                          cmp w2, w1
;;                                           b.lt L0
;;   end
;;   end                                     mov sp, x29
;;                                           ldp x29, x30, [sp], #0x10
;;                                           ret
;;
;; constant (frame of 32)
;;                                           stp x29, x30, [sp, #-0x10]!
;;                                           mov x29, sp
;;                                           sub sp, sp, #0x20
;;   loop ;; label = @1                      nop
;;                                       L0:
;;   local.get 0
;;   i32.load                                ldr w1, [x27, w0, uxtw]  ; loop: local 0 in x0
;;   i32.const 1000
;;   i32.eq
;;   br_if 0 (;@1;)                          cmp w1, #0x3e8
;;                                           b.eq L0
;;   end
;;   end                                     mov sp, x29
;;                                           ldp x29, x30, [sp], #0x10
;;                                           ret
;;
;; byte (frame of 32)
;;                                           stp x29, x30, [sp, #-0x10]!
;;                                           mov x29, sp
;;                                           sub sp, sp, #0x20
;;   loop ;; label = @1                      nop
;;                                       L0:
;;   local.get 0
;;   i32.load8_u                             ldrb w1, [x27, w0, uxtw]  ; loop: local 0 in x0
;;   i32.const 47
;;   i32.gt_s
;;   br_if 0 (;@1;)                          cmp w1, #0x2f
;;                                           b.gt L0
;;   end
;;   end                                     mov sp, x29
;;                                           ldp x29, x30, [sp], #0x10
;;                                           ret
;;
;; zero (frame of 32)
;;                                           stp x29, x30, [sp, #-0x10]!
;;                                           mov x29, sp
;;                                           sub sp, sp, #0x20
;;   loop ;; label = @1                      nop
;;                                       L0:
;;   local.get 0
;;   i32.load8_u                             ldrb w1, [x27, w0, uxtw]  ; loop: local 0 in x0
;;   i32.eqz
;;   br_if 0 (;@1;)                          cbz w1, L0
;;   end
;;   end                                     mov sp, x29
;;                                           ldp x29, x30, [sp], #0x10
;;                                           ret
;;
;; kept (frame of 32)
;;                                           stp x29, x30, [sp, #-0x10]!
;;                                           mov x29, sp
;;                                           sub sp, sp, #0x20
;;   local.get 0
;;   i32.const 7
;;   i32.mul                                 lsl w17, w0, #0x3
;;                                           sub w1, w17, w0
;;   local.get 0
;;   i32.load                                ldr w0, [x27, w0, uxtw]
;;   local.tee 1
;;   i32.add                                 add w1, w1, w0
;;   local.get 1
;;   i32.add                                 add w0, w0, w1
;;   end                                     mov sp, x29
;;                                           ldp x29, x30, [sp], #0x10
;;                                           ret
