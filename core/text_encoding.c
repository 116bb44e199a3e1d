#include "text_encoding.h"

#include "diag.h"
#include "i18n.h"
#include "textfile.h"
#include <errno.h>
#include <iconv.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Letters beyond ASCII that are looked at: more say nothing new. */
#define SAMPLE 20000

/* Of the letters at least this share must be common ones; the other encoding's less than half of
 * it. In the right encoding the sample roster has 0.76, lists of officials and scientists 0.65 and
 * 0.59, of rare surnames 0.32; of 4000 lists of ten names made up of these letters and decoded
 * wrongly none had more than 0.17. */
#define PLAUSIBLE 0.3
#define MIN_COMMON 3 /* letters: fewer may be chance */

/* Surnames, letters of given names, and words of school tables; simplified, then traditional where
 * it differs. */
static const char common_letters[] =
    "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡"
    "贾丁魏薛叶阎余潘杜戴夏钟汪田任姜范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段雷"
    "钱汤尹黎易常武乔贺赖龚文庞樊兰殷施陶洪翟安颜倪严牛温芦季俞章鲁葛伍韦申尤毕聂丛焦向柳邢岳"
    "齐莫庄辛管祝左涂谷祁时舒耿卜路詹关苗凌费纪靳盛童欧项曲成游阳裴席卫查屈鲍覃霍翁植甘景单包"
    "司柏宁柯阮桂闵解强柴华车冉房边饶刁瞿戚丘古米池简娄连商蒙"
    "伟芳娜秀英敏静丽磊军洋勇艳杰娟涛明超霞平刚辉力红玲芬建国志宇欣怡子涵梓轩浩然一诺晨曦雨思佳"
    "琪博嘉婷雪慧晓峰鹏飞翔海波云凤春梅秋冬月星辰天佑泽睿宏远光亮亦若诗语梦瑶璐莹颖洁倩妍琳瑞祥"
    "福贵荣昌德仁义礼智信乐美好雅芝萱冠廷家豪承恩品妤宥均翰宗佩珊玉珍淑惠雯筠彦霖哲维育生立新民"
    "学俊颢凯毅振豫希君如意心怀真善东南西北山川"
    "二三四五六七八九十年级班初中小校第号考场座位姓名性别男女科目数外物理化政地多选题填空非必主"
    "观客判断部分卷答案总标准甲乙丙丁组市县区省实验附属师范大備备注准证"
    "張劉陳楊趙黃吳孫馬羅鄭謝韓馮蕭鄧許呂蘇盧蔣賈葉閻鍾鐘譚鄒陸顧龍萬錢湯喬賀賴龔龐蘭顏嚴溫蘆"
    "魯韋畢聶叢齊莊時關費紀歐項陽衛單寧閔車邊饒簡婁連"
    "偉靜麗軍豔艷傑濤輝紅瑋國軒諾曉鵬飛雲鳳澤遠詩語夢瑩穎潔榮義禮樂廷維學俊凱東懷"
    "級號場數選題觀斷總標準組區實驗屬師範備註證聯";

struct encoding {
    const char *name; /* as people know it */
    const char *iconv_names[3];
};

static const struct encoding encodings[] = {
    {"GB18030", {"GB18030", NULL, NULL}},
    {"Big5", {"CP950", "BIG5-HKSCS", NULL}},
};
#define N_ENCODINGS (sizeof encodings / sizeof *encodings)

struct decoded {
    char *text; /* NULL: it is not this encoding */
    size_t size;
    double share; /* of the letters beyond ASCII that are common */
    int common;
};

/* YJ_EINPUT: bytes that the encoding does not have. */
static int convert(const char *from, const char *text, size_t size, char **ret_text,
                   size_t *ret_size)
{
    iconv_t cd = iconv_open("UTF-8", from);
    if (cd == (iconv_t)-1)
        return YJ_EINPUT;
    size_t capacity = size * 3 + 8, left = capacity;
    char *out = malloc(capacity + 1), *p = out, *in = (char *)text;
    if (!out) {
        iconv_close(cd);
        return YJ_ENOMEM;
    }
    size_t lost = iconv(cd, &in, &size, &p, &left);
    iconv_close(cd);
    if (lost != 0 || size > 0) {
        free(out);
        return YJ_EINPUT;
    }
    *p = 0;
    *ret_text = out;
    *ret_size = (size_t)(p - out);
    return 0;
}

static size_t letter_size(const char *p)
{
    unsigned char c = (unsigned char)*p;
    return c < 0x80 ? 1 : c < 0xE0 ? 2 : c < 0xF0 ? 3 : 4;
}

/* U+E000 to U+F8FF: no letters but places for one's own, which such tables map unknown bytes to. */
static bool is_private(const char *p)
{
    unsigned char a = (unsigned char)p[0], b = (unsigned char)p[1];
    return a == 0xEE || (a == 0xEF && b < 0xA4);
}

static bool is_common(const char *p, size_t n)
{
    return n == 3 && memmem(common_letters, sizeof common_letters - 1, p, n) != NULL;
}

/* Full-width forms and Chinese punctuation say nothing of the names. */
static bool is_punctuation(const char *p)
{
    unsigned char a = (unsigned char)p[0], b = (unsigned char)p[1];
    return (a == 0xE3 && b == 0x80) || (a == 0xEF && b >= 0xBC) || (a == 0xE2 && b == 0x80);
}

static void judge(struct decoded *x)
{
    int letters = 0;
    for (const char *p = x->text; *p && letters < SAMPLE; p += letter_size(p)) {
        size_t n = letter_size(p);
        if (n == 1 || is_punctuation(p))
            continue;
        if (is_private(p)) {
            x->share = 0;
            return;
        }
        letters++;
        x->common += is_common(p, n);
    }
    x->share = letters > 0 ? (double)x->common / letters : 0;
}

static int decode(const struct encoding *encoding, const char *text, size_t size,
                  struct decoded *ret)
{
    int rc = YJ_EINPUT;
    *ret = (struct decoded){0};
    for (int i = 0; rc == YJ_EINPUT && encoding->iconv_names[i]; i++)
        rc = convert(encoding->iconv_names[i], text, size, &ret->text, &ret->size);
    if (rc == 0 &&
        (strlen(ret->text) != ret->size || text_check(ret->text, ret->size, "", NULL) < 0)) {
        free(ret->text);
        ret->text = NULL;
    }
    if (ret->text)
        judge(ret);
    return rc == YJ_ENOMEM ? rc : 0;
}

/* The one that is plausible and far more so than the others; -1: none is. */
static int choose(const struct decoded *decoded)
{
    int best = 0;
    for (size_t i = 1; i < N_ENCODINGS; i++)
        if (decoded[i].share > decoded[best].share)
            best = (int)i;
    if (decoded[best].share < PLAUSIBLE || decoded[best].common < MIN_COMMON)
        return -1;
    for (int i = 0; i < (int)N_ENCODINGS; i++)
        if (i != best && 2 * decoded[i].share >= decoded[best].share)
            return -1;
    return best;
}

static int guess(const char *text, size_t size, const char *name, char **ret_text, size_t *ret_size,
                 struct diag *d)
{
    struct decoded decoded[N_ENCODINGS] = {{0}};
    int rc = 0, best = -1;
    for (size_t i = 0; i < N_ENCODINGS && rc == 0; i++)
        rc = decode(&encodings[i], text, size, &decoded[i]);
    if (rc == 0)
        best = choose(decoded);
    if (best >= 0) {
        diag_warning(d, name, 0, 0, _("look at the names, or save it as 'CSV UTF-8'"),
                     _("'%s' is no UTF-8 and is read as %s, as its letters suggest"), name,
                     encodings[best].name);
        *ret_text = decoded[best].text;
        *ret_size = decoded[best].size;
        decoded[best].text = NULL;
    }
    for (size_t i = 0; i < N_ENCODINGS; i++)
        free(decoded[i].text);
    return rc < 0 ? rc : best < 0 ? text_check(text, size, name, d) : 0;
}

static bool has_utf16_mark(const char *text, size_t size)
{
    return size >= 2 && (memcmp(text, "\xFF\xFE", 2) == 0 || memcmp(text, "\xFE\xFF", 2) == 0);
}

int text_to_utf8(const char *text, size_t size, const char *name, char **ret_text, size_t *ret_size,
                 struct diag *d)
{
    *ret_text = NULL;
    *ret_size = 0;
    if (has_utf16_mark(text, size)) {
        int rc = convert("UTF-16", text, size, ret_text, ret_size);
        return rc == YJ_EINPUT ? diag_error(d, rc, name, 0, 0, _("save it as 'CSV UTF-8'"),
                                            _("'%s' begins as UTF-16 and is broken"), name)
                               : rc;
    }
    /* Control characters are told by whoever parses it. */
    if (memchr(text, 0, size) || text_check(text, size, "", NULL) == 0)
        return 0;
    return guess(text, size, name, ret_text, ret_size, d);
}
