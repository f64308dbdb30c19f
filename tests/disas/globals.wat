;; An immutable global with a constant initialiser is a constant; a mutable one
;; is memory.
(module
  (import "m" "imported" (global $imported i32))
  (global $four i32 (i32.const 4))
  (global $big i64 (i64.const 0x123456789abcdef0))
  (global $half f64 (f64.const 0.5))
  (global $counter (mut i32) (i32.const 0))
  (func $scaled (param i32) (result i32) (i32.mul (local.get 0) (global.get $four)))
  (func $folded (result i32) (i32.add (global.get $four) (i32.const 1)))
  (func $wide (result i64) (global.get $big))
  (func $halved (param f64) (result f64) (f64.mul (local.get 0) (global.get $half)))
  (func $imported (result i32) (global.get $imported))
  (func $count (result i32)
    (global.set $counter (i32.add (global.get $counter) (i32.const 1)))
    (global.get $counter))
  (func $count_up (param $n i32)
    (loop $next
      (global.set $counter (i32.add (global.get $counter) (local.get $n)))
      (br_if $next (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))))

;;; x86_64
;;
;; scaled (frame of 32)
;;                                           push rbp
;;                                           mov rbp, rsp
;;   local.get 0
;;   global.get $four
;;   i32.mul                                 mov eax, edi
;;                                           shl eax, 2
;;   end                                     pop rbp
;;                                           ret
;;
;; folded (frame of 16)
;;                                           push rbp
;;                                           mov rbp, rsp
;;   global.get $four
;;   i32.const 1
;;   i32.add
;;   end                                     mov eax, 5
;;                                           pop rbp
;;                                           ret
;;
;; wide (frame of 16)
;;                                           push rbp
;;                                           mov rbp, rsp
;;   global.get $big
;;   end                                     mov rax, 0x123456789abcdef0
;;                                           pop rbp
;;                                           ret
;;
;; halved (frame of 32)
;;                                           push rbp
;;                                           mov rbp, rsp
;;   local.get 0
;;   global.get $half
;;   f64.mul                                 movsd xmm1, [rip + C0]
;;                                           mulsd xmm0, xmm1
;;   end                                     pop rbp
;;                                           ret
;;                                           .word 0x00000000
;;                                           .byte 0x00, 0x00
;;                                       C0:
;;                                           .word 0x00000000
;;                                           .word 0x3fe00000
;;
;; imported (frame of 16)
;;                                           push rbp
;;                                           mov rbp, rsp
;;   global.get $imported                    mov r11, [r15 + 0x80]
;;                                           mov eax, [r11]
;;   end                                     pop rbp
;;                                           ret
;;
;; count (frame of 16)
;;                                           push rbp
;;                                           mov rbp, rsp
;;   global.get $counter                     mov esi, [r15 + 0x70]
;;   i32.const 1
;;   i32.add                                 inc esi
;;   global.set $counter                     mov [r15 + 0x70], esi
;;   global.get $counter                     mov eax, [r15 + 0x70]
;;   end                                     pop rbp
;;                                           ret
;;
;; count_up (frame of 32)
;;                                           push rbp
;;                                           mov rbp, rsp
;;   loop $next                              nop [rax + rax]
;;                                       L0:
;;   global.get $counter                     mov esi, [r15 + 0x70]  ; loop: local 0 in rdi
;;   local.get $n
;;   i32.add                                 add esi, edi
;;   global.set $counter                     mov [r15 + 0x70], esi
;;   local.get $n
;;   i32.const 1
;;   i32.sub                                 dec edi
;;   local.tee $n
;;   br_if $next                             jne L0
;;   end
;;   end                                     pop rbp
;;                                           ret

;;; aarch64
;;
;; scaled (frame of 32)
;;                                           stp x29, x30, [sp, #-0x10]!
;;                                           mov x29, sp
;;                                           sub sp, sp, #0x20
;;   local.get 0
;;   global.get $four
;;   i32.mul                                 lsl w0, w0, #0x2
;;   end                                     mov sp, x29
;;                                           ldp x29, x30, [sp], #0x10
;;                                           ret
;;
;; folded (frame of 16)
;;                                           stp x29, x30, [sp, #-0x10]!
;;                                           mov x29, sp
;;                                           sub sp, sp, #0x10
;;   global.get $four
;;   i32.const 1
;;   i32.add
;;   end                                     mov w0, #0x5
;;                                           mov sp, x29
;;                                           ldp x29, x30, [sp], #0x10
;;                                           ret
;;
;; wide (frame of 16)
;;                                           stp x29, x30, [sp, #-0x10]!
;;                                           mov x29, sp
;;                                           sub sp, sp, #0x10
;;   global.get $big
;;   end                                     mov x0, #0xdef0
;;                                           movk x0, #0x9abc, lsl #16
;;                                           movk x0, #0x5678, lsl #32
;;                                           movk x0, #0x1234, lsl #48
;;                                           mov sp, x29
;;                                           ldp x29, x30, [sp], #0x10
;;                                           ret
;;
;; halved (frame of 32)
;;                                           stp x29, x30, [sp, #-0x10]!
;;                                           mov x29, sp
;;                                           sub sp, sp, #0x20
;;   local.get 0
;;   global.get $half
;;   f64.mul                                 fmov d1, #0.5
;;                                           fmul d0, d0, d1
;;   end                                     mov sp, x29
;;                                           ldp x29, x30, [sp], #0x10
;;                                           ret
;;
;; imported (frame of 16)
;;                                           stp x29, x30, [sp, #-0x10]!
;;                                           mov x29, sp
;;                                           sub sp, sp, #0x10
;;   global.get $imported                    ldr x16, [x28, #0x80]
;;                                           ldr w0, [x16]
;;   end                                     mov sp, x29
;;                                           ldp x29, x30, [sp], #0x10
;;                                           ret
;;
;; count (frame of 16)
;;                                           stp x29, x30, [sp, #-0x10]!
;;                                           mov x29, sp
;;                                           sub sp, sp, #0x10
;;   global.get $counter                     ldr w0, [x28, #0x70]
;;   i32.const 1
;;   i32.add                                 add w0, w0, #0x1
;;   global.set $counter                     str w0, [x28, #0x70]
;;   global.get $counter                     ldr w0, [x28, #0x70]
;;   end                                     mov sp, x29
;;                                           ldp x29, x30, [sp], #0x10
;;                                           ret
;;
;; count_up (frame of 32)
;;                                           stp x29, x30, [sp, #-0x10]!
;;                                           mov x29, sp
;;                                           sub sp, sp, #0x20
;;   loop $next                              nop
;;                                       L0:
;;   global.get $counter                     ldr w1, [x28, #0x70]  ; loop: local 0 in x0
;;   local.get $n
;;   i32.add                                 add w1, w1, w0
;;   global.set $counter                     str w1, [x28, #0x70]
;;   local.get $n
;;   i32.const 1
;;   i32.sub                                 sub w0, w0, #0x1
;;   local.tee $n
;;   br_if $next                             cbnz w0, L0
;;   end
;;   end                                     mov sp, x29
;;                                           ldp x29, x30, [sp], #0x10
;;                                           ret
