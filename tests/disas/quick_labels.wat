;;! tier = quick
;; At labels all operands are in their slots; branches store what they carry.
(module
  (func $results (param $a i32) (result i32)
    (local.get $a)
    (block $out (result i32)
      (drop (br_if $out (i32.const 5) (local.get $a)))
      (if (result i32) (i32.eqz (local.get $a))
        (then (i32.const 1))
        (else (i32.mul (local.get $a) (local.get $a)))))
    i32.add)
  (func $table (param $a i32) (result i32)
    (block $c
      (block $b (result i32)
        (block $a (result i32)
          (br_table $a $b $a $b $a (i32.const 9) (local.get $a)))
        (return))
      (br_if $c (i32.const 3))
      (drop))
    (i32.const 2)))

;;; x86_64
;;
;; results (frame of 80)
;;                                           push rbp
;;                                           mov rbp, rsp
;;                                           sub rsp, 0x50
;;                                           mov r11, [r15]
;;                                           cmp rsp, [r11]
;;                                           jb L3
;;                                           mov [rbp - 8], r15
;;                                           mov [rbp - 0x10], edi
;;   local.get $a
;;   block $out (result i32)                 mov r11d, [rbp - 0x10]
;;                                           mov [rbp - 0x18], r11d
;;   i32.const 5
;;   local.get $a
;;   br_if $out                              mov esi, [rbp - 0x10]
;;                                           test esi, esi
;;                                           je L0
;;                                           mov dword ptr [rbp - 0x20], 5
;;                                           jmp L2
;;                                       L0:
;;   drop
;;   local.get $a
;;   i32.eqz
;;   if (result i32) ;; label = @2           mov esi, [rbp - 0x10]
;;                                           test esi, esi
;;                                           jne L1
;;   i32.const 1
;;   else                                    mov dword ptr [rbp - 0x20], 1
;;                                           jmp L2
;;                                       L1:
;;   local.get $a
;;   local.get $a
;;   i32.mul                                 mov esi, [rbp - 0x10]
;;                                           imul esi, [rbp - 0x10]
;;   end                                     mov [rbp - 0x20], esi
;;                                       L2:
;;   end
;;   i32.add                                 mov esi, [rbp - 0x18]
;;                                           add esi, [rbp - 0x20]
;;   end                                     mov eax, esi
;;                                           leave
;;                                           ret
;;                                       L3:
;;                                           ud2  ; trap: call stack exhausted
;;
;; table (frame of 80)
;;                                           push rbp
;;                                           mov rbp, rsp
;;                                           sub rsp, 0x50
;;                                           mov r11, [r15]
;;                                           cmp rsp, [r11]
;;                                           jb L5
;;                                           mov [rbp - 8], r15
;;                                           mov [rbp - 0x10], edi
;;   block $c
;;   block $b (result i32)
;;   block $a (result i32)
;;   i32.const 9
;;   local.get $a
;;   br_table $a $b $a $b $a                 mov esi, [rbp - 0x10]
;;                                           cmp esi, 4
;;                                           jae L0
;;                                           lea r11, [rip + T0]
;;                                           movsxd rsi, [r11 + rsi*4]
;;                                           add r11, rsi
;;                                           jmp r11
;;                                       T0:
;;                                           .word L0 - T0
;;                                           .word L1 - T0
;;                                           .word L0 - T0
;;                                           .word L1 - T0
;;                                       L0:
;;                                           mov dword ptr [rbp - 0x18], 9
;;                                           jmp L2
;;                                       L1:
;;                                           mov dword ptr [rbp - 0x18], 9
;;                                           jmp L3
;;                                       L2:
;;   return                                  mov eax, [rbp - 0x18]
;;                                           leave
;;                                           ret
;;                                       L3:
;;   i32.const 3
;;   br_if $c                                jmp L4
;;                                       L4:
;;   i32.const 2
;;   end                                     mov eax, 2
;;                                           leave
;;                                           ret
;;                                       L5:
;;                                           ud2  ; trap: call stack exhausted

;;; aarch64
;;
;; results (frame of 80)
;;                                           stp x29, x30, [sp, #-0x10]!
;;                                           mov x29, sp
;;                                           sub sp, sp, #0x50
;;                                           ldr x16, [x28]
;;                                           ldr x16, [x16]
;;                                           cmp sp, x16
;;                                           b.lo L3
;;                                           stur x28, [x29, #-0x8]
;;                                           stur w0, [x29, #-0x10]
;;   local.get $a
;;   block $out (result i32)                 ldur w16, [x29, #-0x10]
;;                                           stur w16, [x29, #-0x18]
;;   i32.const 5
;;   local.get $a
;;   br_if $out                              ldur w0, [x29, #-0x10]
;;                                           cbz w0, L0
;;                                           mov w16, #0x5
;;                                           stur w16, [x29, #-0x20]
;;                                           b L2
;;                                       L0:
;;   drop
;;   local.get $a
;;   i32.eqz
;;   if (result i32) ;; label = @2           ldur w0, [x29, #-0x10]
;;                                           cbnz w0, L1
;;   i32.const 1
;;   else                                    mov w16, #0x1
;;                                           stur w16, [x29, #-0x20]
;;                                           b L2
;;                                       L1:
;;   local.get $a
;;   local.get $a
;;   i32.mul                                 ldur w0, [x29, #-0x10]
;;                                           ldur w16, [x29, #-0x10]
;;                                           mul w0, w0, w16
;;   end                                     stur w0, [x29, #-0x20]
;;                                       L2:
;;   end
;;   i32.add                                 ldur w0, [x29, #-0x18]
;;                                           ldur w16, [x29, #-0x20]
;;                                           add w0, w0, w16
;;   end                                     mov sp, x29
;;                                           ldp x29, x30, [sp], #0x10
;;                                           ret
;;                                       L3:
;;                                           udf #9  ; trap: call stack exhausted
;;
;; table (frame of 80)
;;                                           stp x29, x30, [sp, #-0x10]!
;;                                           mov x29, sp
;;                                           sub sp, sp, #0x50
;;                                           ldr x16, [x28]
;;                                           ldr x16, [x16]
;;                                           cmp sp, x16
;;                                           b.lo L5
;;                                           stur x28, [x29, #-0x8]
;;                                           stur w0, [x29, #-0x10]
;;   block $c
;;   block $b (result i32)
;;   block $a (result i32)
;;   i32.const 9
;;   local.get $a
;;   br_table $a $b $a $b $a                 ldur w0, [x29, #-0x10]
;;                                           cmp w0, #0x4
;;                                           b.hs L0
;;                                           adr x17, T0
;;                                           ldrsw x16, [x17, w0, uxtw #2]
;;                                           add x17, x17, x16
;;                                           br x17
;;                                       T0:
;;                                           .word L0 - T0
;;                                           .word L1 - T0
;;                                           .word L0 - T0
;;                                           .word L1 - T0
;;                                       L0:
;;                                           mov w16, #0x9
;;                                           stur w16, [x29, #-0x18]
;;                                           b L2
;;                                       L1:
;;                                           mov w16, #0x9
;;                                           stur w16, [x29, #-0x18]
;;                                           b L3
;;                                       L2:
;;   return                                  ldur w0, [x29, #-0x18]
;;                                           mov sp, x29
;;                                           ldp x29, x30, [sp], #0x10
;;                                           ret
;;                                       L3:
;;   i32.const 3
;;   br_if $c                                b L4
;;                                       L4:
;;   i32.const 2
;;   end                                     mov w0, #0x2
;;                                           mov sp, x29
;;                                           ldp x29, x30, [sp], #0x10
;;                                           ret
;;                                       L5:
;;                                           udf #9  ; trap: call stack exhausted
