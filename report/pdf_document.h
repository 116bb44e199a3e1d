/* pdf_document.h - A4 pages that fill from top to foot: headings, words, figures, footers "n / N".
 *
 * Drawn twice where pages are numbered: once muted, to count them. A page is written when it is
 * full, so that memory does not grow with pages. Places in millimetres from the page's corner. */
#ifndef YJ_REPORT_PDF_DOCUMENT_H
#define YJ_REPORT_PDF_DOCUMENT_H

#include "analysis.h"
#include "drawing.h"

#define PAGE_WIDTH 210.0
#define PAGE_HEIGHT 297.0
#define PAGE_LEFT 15.0
#define PAGE_TOP 15.0
#define PAGE_FOOT 281.0 /* where content ends */
#define CONTENT_WIDTH 180.0

#define LETTERS_BODY 3.3
#define LETTERS_TABLE 2.8
#define LETTERS_DENSE 2.4

struct pdf_document {
    const struct analysis *a;
    struct drawing drawing;
    double y;          /* where the next thing goes */
    int page, n_pages; /* from 1 */
    bool footers;
};

/* Draws a document into a file that appears whole or not at all. `draw` returns 0, or YJ_ENOMEM,
 * which is told here; with `footers` it is called twice. */
int pdf_document_write(const struct analysis *a, const char *path,
                       int (*draw)(struct pdf_document *doc, void *context), void *context,
                       bool footers, struct diag *d);

/* Begins another page; nothing where this one is still empty. */
void pdf_page_break(struct pdf_document *doc);
/* Begins another page where fewer than `height` mm are left. */
void pdf_room(struct pdf_document *doc, double height);

void pdf_title(struct pdf_document *doc, const char *title, const char *subtitle);
/* A heading stays with `with` mm of what follows. */
void pdf_heading(struct pdf_document *doc, const char *text, double with);
void pdf_subheading(struct pdf_document *doc, const char *text, double with);
void pdf_paragraph(struct pdf_document *doc, const char *text, enum tone tone, double size);

#endif
