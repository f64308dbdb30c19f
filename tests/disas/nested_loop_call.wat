;; A loop in a loop with a call in the inner one: what both loops use survives
;; the call in registers that the callee saves.
(module
  (func $work (param i32 i32) (result i32)
    (i32.xor (i32.mul (local.get 0) (i32.const 31)) (local.get 1)))
  (func $nested (param $rows i32) (param $columns i32) (result i32)
    (local $i i32) (local $j i32) (local $sum i32)
    (loop $next_row
      (local.set $j (i32.const 0))
      (loop $next_column
        (local.set $sum
          (i32.add (local.get $sum) (call $work (local.get $i) (local.get $j))))
        (local.set $j (i32.add (local.get $j) (i32.const 1)))
        (br_if $next_column (i32.lt_u (local.get $j) (local.get $columns))))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $next_row (i32.lt_u (local.get $i) (local.get $rows))))
    (local.get $sum)))

;;; x86_64
;;
;; work (frame of 32)
;;                                           push rbp
;;                                           mov rbp, rsp
;;   local.get 0
;;   i32.const 31
;;   i32.mul                                 imul edi, 0x1f
;;   local.get 1
;;   i32.xor                                 mov eax, edi
;;                                           xor eax, esi
;;   end                                     pop rbp
;;                                           ret
;;
;; nested (frame of 96)
;;                                           push rbp
;;                                           mov rbp, rsp
;;                                           push rbx
;;                                           push r12
;;                                           push r13
;;                                           sub rsp, 0x48
;;                                           mov r11, [r15]
;;                                           cmp rsp, [r11]
;;                                           jb L3
;;                                           mov qword ptr [rbp - 0x30], 0
;;                                           mov qword ptr [rbp - 0x40], 0
;;   loop $next_row                          mov [rbp - 0x28], esi
;;                                           mov [rbp - 0x20], edi
;;                                           mov ebx, [rbp - 0x38]
;;                                           mov r12d, [rbp - 0x40]
;;                                           mov r13d, [rbp - 0x30]
;;                                           nop [rax + rax]
;;                                       L0:
;;   i32.const 0
;;   local.set $j                            xor ebx, ebx  ; loop: local 3 in rbx, 4 in r12, 2 in r13
;;   loop $next_column                       mov [rbp - 0x30], r13d
;;                                           mov r13d, [rbp - 0x28]
;;                                           nop [rax + rax]
;;                                       L1:
;;   local.get $sum
;;   local.get $i
;;   local.get $j
;;   call $work                              mov esi, ebx  ; loop: local 3 in rbx, 4 in r12, 1 in r13
;;                                           mov edi, [rbp - 0x30]
;;                                           call $work
;;   i32.add                                 add r12d, eax
;;   local.set $sum
;;   local.get $j
;;   i32.const 1
;;   i32.add                                 inc ebx
;;   local.set $j
;;   local.get $j
;;   local.get $columns
;;   i32.lt_u
;;   br_if $next_column                      cmp ebx, r13d
;;                                           jb L1
;;   end
;;   local.get $i
;;   i32.const 1
;;   i32.add                                 mov esi, [rbp - 0x30]
;;                                           lea edi, [rsi + 1]
;;   local.set $i
;;   local.get $i
;;   local.get $rows
;;   i32.lt_u
;;   br_if $next_row                         mov esi, [rbp - 0x20]
;;                                           cmp edi, esi
;;                                           jae L2
;;                                           mov r13d, edi
;;                                           jmp L0
;;                                       L2:
;;   end
;;   local.get $sum
;;   end                                     mov eax, r12d
;;                                           mov rbx, [rbp - 8]
;;                                           mov r12, [rbp - 0x10]
;;                                           mov r13, [rbp - 0x18]
;;                                           leave
;;                                           ret
;;                                       L3:
;;                                           ud2  ; trap: call stack exhausted

;;; aarch64
;;
;; work (frame of 32)
;;                                           stp x29, x30, [sp, #-0x10]!
;;                                           mov x29, sp
;;                                           sub sp, sp, #0x20
;;   local.get 0
;;   i32.const 31
;;   i32.mul                                 lsl w17, w0, #0x5
;;                                           sub w0, w17, w0
;;   local.get 1
;;   i32.xor                                 eor w0, w0, w1
;;   end                                     mov sp, x29
;;                                           ldp x29, x30, [sp], #0x10
;;                                           ret
;;
;; nested (frame of 112)
;;                                           stp x29, x30, [sp, #-0x10]!
;;                                           mov x29, sp
;;                                           sub sp, sp, #0x70
;;                                           ldr x16, [x28]
;;                                           ldr x16, [x16]
;;                                           cmp sp, x16
;;                                           b.lo L2
;;                                           stp x20, x19, [x29, #-0x10]
;;                                           stp x22, x21, [x29, #-0x20]
;;                                           stur x23, [x29, #-0x28]
;;                                           mov x22, x1
;;                                           mov x23, x0
;;                                           stur xzr, [x29, #-0x40]
;;                                           stur xzr, [x29, #-0x50]
;;   loop $next_row                          ldur w19, [x29, #-0x48]
;;                                           ldur w20, [x29, #-0x50]
;;                                           ldur w21, [x29, #-0x40]
;;                                           nop
;;                                           nop
;;                                           nop
;;                                       L0:
;;   i32.const 0
;;   local.set $j                            mov w19, #0x0  ; loop: local 3 in x19, 4 in x20, 2 in x21, 1 in x22, 0 in x23
;;   loop $next_column                       nop
;;                                           nop
;;                                           nop
;;                                       L1:
;;   local.get $sum
;;   local.get $i
;;   local.get $j
;;   call $work                              mov x0, x21  ; loop: local 3 in x19, 4 in x20, 2 in x21, 1 in x22, 0 in x23
;;                                           mov x1, x19
;;                                           bl $work
;;   i32.add                                 add w20, w20, w0
;;   local.set $sum
;;   local.get $j
;;   i32.const 1
;;   i32.add                                 add w19, w19, #0x1
;;   local.set $j
;;   local.get $j
;;   local.get $columns
;;   i32.lt_u
;;   br_if $next_column                      cmp w19, w22
;;                                           b.lo L1
;;   end
;;   local.get $i
;;   i32.const 1
;;   i32.add                                 add w21, w21, #0x1
;;   local.set $i
;;   local.get $i
;;   local.get $rows
;;   i32.lt_u
;;   br_if $next_row                         cmp w21, w23
;;                                           b.lo L0
;;   end
;;   local.get $sum
;;   end                                     mov x0, x20
;;                                           ldp x20, x19, [x29, #-0x10]
;;                                           ldp x22, x21, [x29, #-0x20]
;;                                           ldur x23, [x29, #-0x28]
;;                                           mov sp, x29
;;                                           ldp x29, x30, [sp], #0x10
;;                                           ret
;;                                       L2:
;;                                           udf #9  ; trap: call stack exhausted
