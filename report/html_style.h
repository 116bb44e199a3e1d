/* html_style.h - the style sheet and the script of the HTML report: nothing is fetched. */
#ifndef YJ_REPORT_HTML_STYLE_H
#define YJ_REPORT_HTML_STYLE_H

extern const char html_style[];
/* Sorts a table by the column whose head is clicked; without it tables stand as they are. */
extern const char html_script[];

#endif
