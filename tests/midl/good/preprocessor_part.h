/* Included twice: macros of an #include are seen behind it. */
#ifndef PREPROCESSOR_PART_H
#define PREPROCESSOR_PART_H
#define PART_SIZE 0x10
#define PART_ID(n) (PART_SIZE + (n))
typedef long part_t;
#endif
