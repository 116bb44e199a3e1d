/* i18n.h - translated messages: English in the source, Chinese (zh_TW, zh_CN) in po/. */
#ifndef YJ_CORE_I18N_H
#define YJ_CORE_I18N_H

#include <libintl.h>

#define YJ_TEXT_DOMAIN "yuejuan"
#define _(text) dgettext(YJ_TEXT_DOMAIN, text)
/* Marks a string for translation that is looked up later. */
#define N_(text) (text)

#endif
