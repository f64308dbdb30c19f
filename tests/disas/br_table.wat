;; Five targets or more go through a table of offsets, in which equal targets
;; are shared; fewer are compared one after another.
(module
  (func $table (param i32) (result i32)
    (block $a (block $b (block $c (block $d (block $e
      (br_table $a $b $c $d $a $b $e (local.get 0)))
      (return (i32.const 5)))
      (return (i32.const 4)))
      (return (i32.const 3)))
      (return (i32.const 2)))
    (i32.const 1))
  (func $few (param i32) (result i32)
    (block $a (block $b
      (br_table $a $b (local.get 0)))
      (return (i32.const 2)))
    (i32.const 1))
  (func $only_default (param i32) (result i32)
    (block $a (br_table $a (local.get 0)))
    (i32.const 1))
  (func $with_value (param i32 i32) (result i32)
    (block $a (result i32) (block $b (result i32) (block $c (result i32)
      (br_table $a $b $c $a $b $c (local.get 1) (local.get 0)))
      (i32.add (i32.const 100)))
      (i32.add (i32.const 10))))
  (func $known (result i32)
    (block $a (block $b (br_table $a $b (i32.const 1))) (return (i32.const 2)))
    (i32.const 1)))

;;; x86_64
;;
;; table (frame of 32)
;;                                           push rbp
;;                                           mov rbp, rsp
;;   block $a
;;   block $b
;;   block $c
;;   block $d
;;   block $e
;;   local.get 0
;;   br_table $a $b $c $d $a $b $e           cmp edi, 6
;;                                           jae L0
;;                                           lea r11, [rip + T0]
;;                                           movsxd rdi, [r11 + rdi*4]
;;                                           add r11, rdi
;;                                           jmp r11
;;                                           .byte 0x00, 0x00
;;                                       T0:
;;                                           .word L4 - T0
;;                                           .word L3 - T0
;;                                           .word L2 - T0
;;                                           .word L1 - T0
;;                                           .word L4 - T0
;;                                           .word L3 - T0
;;                                       L0:
;;   i32.const 5
;;   return                                  mov eax, 5
;;                                           pop rbp
;;                                           ret
;;                                       L1:
;;   i32.const 4
;;   return                                  mov eax, 4
;;                                           pop rbp
;;                                           ret
;;                                       L2:
;;   i32.const 3
;;   return                                  mov eax, 3
;;                                           pop rbp
;;                                           ret
;;                                       L3:
;;   i32.const 2
;;   return                                  mov eax, 2
;;                                           pop rbp
;;                                           ret
;;                                       L4:
;;   i32.const 1
;;   end                                     mov eax, 1
;;                                           pop rbp
;;                                           ret
;;
;; few (frame of 32)
;;                                           push rbp
;;                                           mov rbp, rsp
;;   block $a
;;   block $b
;;   local.get 0
;;   br_table $a $b                          test edi, edi
;;                                           je L1
;;                                           jmp L0
;;                                       L0:
;;   i32.const 2
;;   return                                  mov eax, 2
;;                                           pop rbp
;;                                           ret
;;                                       L1:
;;   i32.const 1
;;   end                                     mov eax, 1
;;                                           pop rbp
;;                                           ret
;;
;; only_default (frame of 32)
;;                                           push rbp
;;                                           mov rbp, rsp
;;   block $a
;;   local.get 0
;;   br_table $a                             jmp L0
;;                                       L0:
;;   i32.const 1
;;   end                                     mov eax, 1
;;                                           pop rbp
;;                                           ret
;;
;; with_value (frame of 32)
;;                                           push rbp
;;                                           mov rbp, rsp
;;   block $a (result i32)
;;   block $b (result i32)
;;   block $c (result i32)
;;   local.get 1
;;   local.get 0
;;   br_table $a $b $c $a $b $c              cmp edi, 5
;;                                           jae L5
;;                                           lea r11, [rip + T0]
;;                                           movsxd rdi, [r11 + rdi*4]
;;                                           add r11, rdi
;;                                           jmp r11
;;                                           .byte 0x00, 0x00
;;                                       T0:
;;                                           .word L3 - T0
;;                                           .word L4 - T0
;;                                           .word L5 - T0
;;                                           .word L3 - T0
;;                                           .word L4 - T0
;;                                       L0:
;;   i32.const 100
;;   i32.add                                 add r8d, 0x64
;;                                       L1:
;;   end
;;   i32.const 10
;;   i32.add                                 add r8d, 0xa
;;                                       L2:
;;   end
;;   end                                     mov eax, r8d
;;                                           pop rbp
;;                                           ret
;;                                       L3:
;;                                           mov r8d, esi
;;                                           jmp L2
;;                                       L4:
;;                                           mov r8d, esi
;;                                           jmp L1
;;                                       L5:
;;                                           mov r8d, esi
;;                                           jmp L0
;;
;; known (frame of 16)
;;                                           push rbp
;;                                           mov rbp, rsp
;;   block $a
;;   block $b
;;   i32.const 1
;;   br_table $a $b                          jmp L0
;;                                       L0:
;;   i32.const 2
;;   return                                  mov eax, 2
;;                                           pop rbp
;;                                           ret

;;; aarch64
;;
;; table (frame of 32)
;;                                           stp x29, x30, [sp, #-0x10]!
;;                                           mov x29, sp
;;                                           sub sp, sp, #0x20
;;   block $a
;;   block $b
;;   block $c
;;   block $d
;;   block $e
;;   local.get 0
;;   br_table $a $b $c $d $a $b $e           cmp w0, #0x6
;;                                           b.hs L0
;;                                           adr x17, T0
;;                                           ldrsw x16, [x17, w0, uxtw #2]
;;                                           add x17, x17, x16
;;                                           br x17
;;                                       T0:
;;                                           .word L4 - T0
;;                                           .word L3 - T0
;;                                           .word L2 - T0
;;                                           .word L1 - T0
;;                                           .word L4 - T0
;;                                           .word L3 - T0
;;                                       L0:
;;   i32.const 5
;;   return                                  mov w0, #0x5
;;                                           mov sp, x29
;;                                           ldp x29, x30, [sp], #0x10
;;                                           ret
;;                                       L1:
;;   i32.const 4
;;   return                                  mov w0, #0x4
;;                                           mov sp, x29
;;                                           ldp x29, x30, [sp], #0x10
;;                                           ret
;;                                       L2:
;;   i32.const 3
;;   return                                  mov w0, #0x3
;;                                           mov sp, x29
;;                                           ldp x29, x30, [sp], #0x10
;;                                           ret
;;                                       L3:
;;   i32.const 2
;;   return                                  mov w0, #0x2
;;                                           mov sp, x29
;;                                           ldp x29, x30, [sp], #0x10
;;                                           ret
;;                                       L4:
;;   i32.const 1
;;   end                                     mov w0, #0x1
;;                                           mov sp, x29
;;                                           ldp x29, x30, [sp], #0x10
;;                                           ret
;;
;; few (frame of 32)
;;                                           stp x29, x30, [sp, #-0x10]!
;;                                           mov x29, sp
;;                                           sub sp, sp, #0x20
;;   block $a
;;   block $b
;;   local.get 0
;;   br_table $a $b                          cbz w0, L1
;;                                           b L0
;;                                       L0:
;;   i32.const 2
;;   return                                  mov w0, #0x2
;;                                           mov sp, x29
;;                                           ldp x29, x30, [sp], #0x10
;;                                           ret
;;                                       L1:
;;   i32.const 1
;;   end                                     mov w0, #0x1
;;                                           mov sp, x29
;;                                           ldp x29, x30, [sp], #0x10
;;                                           ret
;;
;; only_default (frame of 32)
;;                                           stp x29, x30, [sp, #-0x10]!
;;                                           mov x29, sp
;;                                           sub sp, sp, #0x20
;;   block $a
;;   local.get 0
;;   br_table $a                             b L0
;;                                       L0:
;;   i32.const 1
;;   end                                     mov w0, #0x1
;;                                           mov sp, x29
;;                                           ldp x29, x30, [sp], #0x10
;;                                           ret
;;
;; with_value (frame of 32)
;;                                           stp x29, x30, [sp, #-0x10]!
;;                                           mov x29, sp
;;                                           sub sp, sp, #0x20
;;   block $a (result i32)
;;   block $b (result i32)
;;   block $c (result i32)
;;   local.get 1
;;   local.get 0
;;   br_table $a $b $c $a $b $c              cmp w0, #0x5
;;                                           b.hs L5
;;                                           adr x17, T0
;;                                           ldrsw x16, [x17, w0, uxtw #2]
;;                                           add x17, x17, x16
;;                                           br x17
;;                                       T0:
;;                                           .word L3 - T0
;;                                           .word L4 - T0
;;                                           .word L5 - T0
;;                                           .word L3 - T0
;;                                           .word L4 - T0
;;                                       L0:
;;   i32.const 100
;;   i32.add                                 add w2, w2, #0x64
;;                                       L1:
;;   end
;;   i32.const 10
;;   i32.add                                 add w2, w2, #0xa
;;                                       L2:
;;   end
;;   end                                     mov x0, x2
;;                                           mov sp, x29
;;                                           ldp x29, x30, [sp], #0x10
;;                                           ret
;;                                       L3:
;;                                           mov x2, x1
;;                                           b L2
;;                                       L4:
;;                                           mov x2, x1
;;                                           b L1
;;                                       L5:
;;                                           mov x2, x1
;;                                           b L0
;;
;; known (frame of 16)
;;                                           stp x29, x30, [sp, #-0x10]!
;;                                           mov x29, sp
;;                                           sub sp, sp, #0x10
;;   block $a
;;   block $b
;;   i32.const 1
;;   br_table $a $b                          b L0
;;                                       L0:
;;   i32.const 2
;;   return                                  mov w0, #0x2
;;                                           mov sp, x29
;;                                           ldp x29, x30, [sp], #0x10
;;                                           ret
