;; The locals that a loop uses stay in registers from iteration to iteration:
;; no load or store of the frame between the label and the branch back.
(module
  (memory 1)
  (func $sum (param $count i32) (result i64) (local $i i32) (local $sum i64)
    (loop $next
      (local.set $sum (i64.add (local.get $sum) (i64.extend_i32_u (local.get $i))))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $next (i32.lt_u (local.get $i) (local.get $count))))
    (local.get $sum))
  (func $dot (param $a i32) (param $b i32) (param $count i32) (result f64) (local $sum f64)
    (loop $next
      (local.set $sum
        (f64.add (local.get $sum)
          (f64.mul (f64.load (local.get $a)) (f64.load (local.get $b)))))
      (local.set $a (i32.add (local.get $a) (i32.const 8)))
      (local.set $b (i32.add (local.get $b) (i32.const 8)))
      (br_if $next (local.tee $count (i32.sub (local.get $count) (i32.const 1)))))
    (local.get $sum))
  (func $read_only (param $limit i32) (result i32) (local $i i32)
    (block $done
      (loop $next
        (br_if $done (i32.ge_s (local.get $i) (local.get $limit)))
        (local.set $i (i32.add (local.get $i) (i32.const 3)))
        (br $next)))
    (local.get $i)))

;;; x86_64
;;
;; sum (frame of 48)
;;                                           push rbp
;;                                           mov rbp, rsp
;;                                           xorps xmm15, xmm15
;;                                           movups [rbp - 0x18], xmm15
;;   loop $next                              mov esi, [rbp - 0x10]
;;                                           mov r8, [rbp - 0x18]
;;                                           nop [rax + rax]
;;                                       L0:
;;   local.get $sum
;;   local.get $i
;;   i64.extend_i32_u                        mov r9d, esi  ; loop: local 1 in rsi, 0 in rdi, 2 in r8
;;   i64.add                                 add r8, r9
;;   local.set $sum
;;   local.get $i
;;   i32.const 1
;;   i32.add                                 inc esi
;;   local.set $i
;;   local.get $i
;;   local.get $count
;;   i32.lt_u
;;   br_if $next                             cmp esi, edi
;;                                           jb L0
;;   end
;;   local.get $sum
;;   end                                     mov rax, r8
;;                                           pop rbp
;;                                           ret
;;
;; dot (frame of 64)
;;                                           push rbp
;;                                           mov rbp, rsp
;;                                           mov qword ptr [rbp - 0x20], 0
;;   loop $next                              mov r8d, edx
;;                                           movsd xmm0, [rbp - 0x20]
;;                                           nop [rax + rax]
;;                                       L0:
;;   local.get $sum
;;   local.get $a
;;   f64.load                                movsd xmm1, [r14 + rdi]  ; loop: local 1 in rsi, 0 in rdi, 2 in r8, 3 in xmm0
;;   local.get $b
;;   f64.load
;;   f64.mul                                 mulsd xmm1, [r14 + rsi]
;;   f64.add                                 addsd xmm0, xmm1
;;   local.set $sum
;;   local.get $a
;;   i32.const 8
;;   i32.add                                 add edi, 8
;;   local.set $a
;;   local.get $b
;;   i32.const 8
;;   i32.add                                 add esi, 8
;;   local.set $b
;;   local.get $count
;;   i32.const 1
;;   i32.sub                                 dec r8d
;;   local.tee $count
;;   br_if $next                             jne L0
;;   end
;;   local.get $sum
;;   end                                     pop rbp
;;                                           ret
;;
;; read_only (frame of 32)
;;                                           push rbp
;;                                           mov rbp, rsp
;;                                           mov qword ptr [rbp - 0x10], 0
;;   block $done
;;   loop $next                              mov esi, [rbp - 0x10]
;;                                           nop
;;                                       L0:
;;   local.get $i
;;   local.get $limit
;;   i32.ge_s
;;   br_if $done                             cmp esi, edi  ; loop: local 1 in rsi, 0 in rdi
;;                                           jge L1
;;   local.get $i
;;   i32.const 3
;;   i32.add                                 add esi, 3
;;   local.set $i
;;   br $next                                jmp L0
;;                                       L1:
;;   local.get $i
;;   end                                     mov eax, esi
;;                                           pop rbp
;;                                           ret

;;; aarch64
;;
;; sum (frame of 48)
;;                                           stp x29, x30, [sp, #-0x10]!
;;                                           mov x29, sp
;;                                           sub sp, sp, #0x30
;;                                           stp xzr, xzr, [x29, #-0x18]
;;   loop $next                              ldur w1, [x29, #-0x10]
;;                                           ldur x2, [x29, #-0x18]
;;                                           nop
;;                                           nop
;;                                       L0:
;;   local.get $sum
;;   local.get $i
;;   i64.extend_i32_u                        mov w3, w1  ; loop: local 0 in x0, 1 in x1, 2 in x2
;;   i64.add                                 add x2, x2, x3
;;   local.set $sum
;;   local.get $i
;;   i32.const 1
;;   i32.add                                 add w1, w1, #0x1
;;   local.set $i
;;   local.get $i
;;   local.get $count
;;   i32.lt_u
;;   br_if $next                             cmp w1, w0
;;                                           b.lo L0
;;   end
;;   local.get $sum
;;   end                                     mov x0, x2
;;                                           mov sp, x29
;;                                           ldp x29, x30, [sp], #0x10
;;                                           ret
;;
;; dot (frame of 64)
;;                                           stp x29, x30, [sp, #-0x10]!
;;                                           mov x29, sp
;;                                           sub sp, sp, #0x40
;;                                           stur xzr, [x29, #-0x20]
;;   loop $next                              ldur d0, [x29, #-0x20]
;;                                           nop
;;                                           nop
;;                                           nop
;;                                       L0:
;;   local.get $sum
;;   local.get $a
;;   f64.load                                ldr d1, [x27, w0, uxtw]  ; loop: local 0 in x0, 1 in x1, 2 in x2, 3 in v0
;;   local.get $b
;;   f64.load                                ldr d2, [x27, w1, uxtw]
;;   f64.mul                                 fmul d1, d1, d2
;;   f64.add                                 fadd d0, d0, d1
;;   local.set $sum
;;   local.get $a
;;   i32.const 8
;;   i32.add                                 add w0, w0, #0x8
;;   local.set $a
;;   local.get $b
;;   i32.const 8
;;   i32.add                                 add w1, w1, #0x8
;;   local.set $b
;;   local.get $count
;;   i32.const 1
;;   i32.sub                                 sub w2, w2, #0x1
;;   local.tee $count
;;   br_if $next                             cbnz w2, L0
;;   end
;;   local.get $sum
;;   end                                     mov sp, x29
;;                                           ldp x29, x30, [sp], #0x10
;;                                           ret
;;
;; read_only (frame of 32)
;;                                           stp x29, x30, [sp, #-0x10]!
;;                                           mov x29, sp
;;                                           sub sp, sp, #0x20
;;                                           stur xzr, [x29, #-0x10]
;;   block $done
;;   loop $next                              ldur w1, [x29, #-0x10]
;;                                           nop
;;                                           nop
;;                                           nop
;;                                       L0:
;;   local.get $i
;;   local.get $limit
;;   i32.ge_s
;;   br_if $done                             cmp w1, w0  ; loop: local 0 in x0, 1 in x1
;;                                           b.ge L1
;;   local.get $i
;;   i32.const 3
;;   i32.add                                 add w1, w1, #0x3
;;   local.set $i
;;   br $next                                b L0
;;                                       L1:
;;   local.get $i
;;   end                                     mov x0, x1
;;                                           mov sp, x29
;;                                           ldp x29, x30, [sp], #0x10
;;                                           ret
