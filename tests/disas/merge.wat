;; Where paths with different states meet: a value that is a constant on one
;; path and computed on the other, a local changed on one path only.
(module
  (func $effect)
  (func $constant_or_computed (param i32 i32) (result i32)
    (if (result i32) (local.get 0)
      (then (i32.const 10))
      (else (i32.mul (local.get 1) (local.get 1)))))
  (func $changed_on_one_path (param $c i32) (param $x i64) (result i64)
    (if (local.get $c)
      (then (local.set $x (i64.add (local.get $x) (i64.const 1)))))
    (i64.mul (local.get $x) (i64.const 10)))
  (func $call_on_one_path (param $c i32) (param $x i64) (param $y f64) (result f64)
    (if (local.get $c) (then (call $effect)))
    (f64.add (local.get $y) (f64.convert_i64_s (local.get $x))))
  (func $three_ways (param $c i32) (param $x i32) (result i32) (local $r i32)
    (block $out
      (block $b
        (br_if $b (i32.eqz (local.get $c)))
        (local.set $r (i32.const 1))
        (br_if $out (i32.eq (local.get $c) (i32.const 1)))
        (local.set $r (local.get $x))
        (br $out))
      (local.set $r (i32.add (local.get $x) (local.get $c))))
    (i32.add (local.get $r) (local.get $x)))
  (func $value_below (param i32 i32) (result i32)
    (i32.add
      (i32.mul (local.get 0) (i32.const 3))
      (if (result i32) (local.get 1) (then (i32.const 1)) (else (local.get 0))))))

;;; x86_64
;;
;; effect (frame of 0)
;;                                           push rbp
;;                                           mov rbp, rsp
;;                                           pop rbp
;;                                           ret
;;
;; constant_or_computed (frame of 32)
;;                                           push rbp
;;                                           mov rbp, rsp
;;   local.get 0
;;   if (result i32) ;; label = @1           test edi, edi
;;                                           je L0
;;   i32.const 10
;;   else                                    mov edi, 0xa
;;                                           jmp L1
;;                                       L0:
;;   local.get 1
;;   local.get 1
;;   i32.mul                                 mov edi, esi
;;                                           imul edi, esi
;;                                       L1:
;;   end
;;   end                                     mov eax, edi
;;                                           pop rbp
;;                                           ret
;;
;; changed_on_one_path (frame of 32)
;;                                           push rbp
;;                                           mov rbp, rsp
;;   local.get $c
;;   if ;; label = @1                        test edi, edi
;;                                           je L0
;;   local.get $x
;;   i64.const 1
;;   i64.add                                 inc rsi
;;                                       L0:
;;   local.set $x
;;   end
;;   local.get $x
;;   i64.const 10
;;   i64.mul                                 imul rax, rsi, 0xa
;;   end                                     pop rbp
;;                                           ret
;;
;; call_on_one_path (frame of 48)
;;                                           push rbp
;;                                           mov rbp, rsp
;;                                           sub rsp, 0x30
;;                                           mov r11, [r15]
;;                                           cmp rsp, [r11]
;;                                           jb L1
;;   local.get $c
;;   if ;; label = @1                        test edi, edi
;;                                           je L0
;;   call $effect                            mov [rbp - 0x10], rsi
;;                                           movsd [rbp - 0x18], xmm0
;;                                           call $effect
;;   end                                     mov rsi, [rbp - 0x10]
;;                                           movsd xmm0, [rbp - 0x18]
;;                                       L0:
;;   local.get $y
;;   local.get $x
;;   f64.convert_i64_s                       xorps xmm1, xmm1
;;                                           cvtsi2sd xmm1, rsi
;;   f64.add                                 addsd xmm0, xmm1
;;   end                                     leave
;;                                           ret
;;                                       L1:
;;                                           ud2  ; trap: call stack exhausted
;;
;; three_ways (frame of 48)
;;                                           push rbp
;;                                           mov rbp, rsp
;;                                           mov qword ptr [rbp - 0x18], 0
;;   block $out
;;   block $b
;;   local.get $c
;;   i32.eqz
;;   br_if $b                                test edi, edi
;;                                           je L0
;;   i32.const 1
;;   local.set $r                            mov r8d, 1
;;   local.get $c
;;   i32.const 1
;;   i32.eq
;;   br_if $out                              cmp edi, 1
;;                                           je L1
;;   local.get $x
;;   local.set $r                            mov r8d, esi
;;   br $out                                 jmp L1
;;                                       L0:
;;   local.get $x
;;   local.get $c
;;   i32.add                                 add edi, esi
;;   local.set $r
;;   end                                     mov r8d, edi
;;                                       L1:
;;   local.get $r
;;   local.get $x
;;   i32.add                                 lea eax, [r8 + rsi]
;;   end                                     pop rbp
;;                                           ret
;;
;; value_below (frame of 32)
;;                                           push rbp
;;                                           mov rbp, rsp
;;   local.get 0
;;   i32.const 3
;;   i32.mul                                 lea r8d, [rdi + rdi*2]
;;   local.get 1
;;   if (result i32) ;; label = @1           test esi, esi
;;                                           je L0
;;   i32.const 1
;;   else                                    mov esi, 1
;;                                           jmp L1
;;                                       L0:
;;   local.get 0
;;   end                                     mov esi, edi
;;                                       L1:
;;   i32.add                                 lea eax, [r8 + rsi]
;;   end                                     pop rbp
;;                                           ret

;;; aarch64
;;
;; effect (frame of 0)
;;                                           stp x29, x30, [sp, #-0x10]!
;;                                           mov x29, sp
;;                                           ldp x29, x30, [sp], #0x10
;;                                           ret
;;
;; constant_or_computed (frame of 32)
;;                                           stp x29, x30, [sp, #-0x10]!
;;                                           mov x29, sp
;;                                           sub sp, sp, #0x20
;;   local.get 0
;;   if (result i32) ;; label = @1           cbz w0, L0
;;   i32.const 10
;;   else                                    mov w0, #0xa
;;                                           b L1
;;                                       L0:
;;   local.get 1
;;   local.get 1
;;   i32.mul                                 mul w0, w1, w1
;;                                       L1:
;;   end
;;   end                                     mov sp, x29
;;                                           ldp x29, x30, [sp], #0x10
;;                                           ret
;;
;; changed_on_one_path (frame of 32)
;;                                           stp x29, x30, [sp, #-0x10]!
;;                                           mov x29, sp
;;                                           sub sp, sp, #0x20
;;   local.get $c
;;   if ;; label = @1                        cbz w0, L0
;;   local.get $x
;;   i64.const 1
;;   i64.add                                 add x1, x1, #0x1
;;                                       L0:
;;   local.set $x
;;   end
;;   local.get $x
;;   i64.const 10
;;   i64.mul                                 mov w16, #0xa
;;                                           mul x0, x1, x16
;;   end                                     mov sp, x29
;;                                           ldp x29, x30, [sp], #0x10
;;                                           ret
;;
;; call_on_one_path (frame of 48)
;;                                           stp x29, x30, [sp, #-0x10]!
;;                                           mov x29, sp
;;                                           sub sp, sp, #0x30
;;                                           ldr x16, [x28]
;;                                           ldr x16, [x16]
;;                                           cmp sp, x16
;;                                           b.lo L1
;;   local.get $c
;;   if ;; label = @1                        cbz w0, L0
;;   call $effect                            stur x1, [x29, #-0x10]
;;                                           stur d0, [x29, #-0x18]
;;                                           bl $effect
;;   end                                     ldur x1, [x29, #-0x10]
;;                                           ldur d0, [x29, #-0x18]
;;                                       L0:
;;   local.get $y
;;   local.get $x
;;   f64.convert_i64_s                       scvtf d1, x1
;;   f64.add                                 fadd d0, d0, d1
;;   end                                     mov sp, x29
;;                                           ldp x29, x30, [sp], #0x10
;;                                           ret
;;                                       L1:
;;                                           udf #9  ; trap: call stack exhausted
;;
;; three_ways (frame of 48)
;;                                           stp x29, x30, [sp, #-0x10]!
;;                                           mov x29, sp
;;                                           sub sp, sp, #0x30
;;                                           stur xzr, [x29, #-0x18]
;;   block $out
;;   block $b
;;   local.get $c
;;   i32.eqz
;;   br_if $b                                cbz w0, L0
;;   i32.const 1
;;   local.set $r                            mov w2, #0x1
;;   local.get $c
;;   i32.const 1
;;   i32.eq
;;   br_if $out                              cmp w0, #0x1
;;                                           b.eq L1
;;   local.get $x
;;   local.set $r                            mov x2, x1
;;   br $out                                 b L1
;;                                       L0:
;;   local.get $x
;;   local.get $c
;;   i32.add                                 add w0, w0, w1
;;   local.set $r
;;   end                                     mov x2, x0
;;                                       L1:
;;   local.get $r
;;   local.get $x
;;   i32.add                                 add w0, w2, w1
;;   end                                     mov sp, x29
;;                                           ldp x29, x30, [sp], #0x10
;;                                           ret
;;
;; value_below (frame of 32)
;;                                           stp x29, x30, [sp, #-0x10]!
;;                                           mov x29, sp
;;                                           sub sp, sp, #0x20
;;   local.get 0
;;   i32.const 3
;;   i32.mul                                 add w2, w0, w0, lsl #1
;;   local.get 1
;;   if (result i32) ;; label = @1           cbz w1, L0
;;   i32.const 1
;;   else                                    mov w1, #0x1
;;                                           b L1
;;                                       L0:
;;   local.get 0
;;   end                                     mov x1, x0
;;                                       L1:
;;   i32.add                                 add w0, w2, w1
;;   end                                     mov sp, x29
;;                                           ldp x29, x30, [sp], #0x10
;;                                           ret
