/* Embeds assets/hdr_room.png (found by the include path). */
    .section .rodata
    .balign 16
    .global camseal_builtin_picture
    .hidden camseal_builtin_picture
camseal_builtin_picture:
    .incbin "hdr_room.png"
    .global camseal_builtin_picture_end
    .hidden camseal_builtin_picture_end
camseal_builtin_picture_end:
    .byte 0
    .section .note.GNU-stack,"",%progbits
