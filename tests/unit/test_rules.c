/* Every rule of the key, from the text of key.csv and exam.yaml to points, against what the
 * examinations and programs publish. */
#include "diag.h"
#include "scheme.h"
#include "score.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static char *five[] = {"A", "B", "C", "D", "E"};
static char *digits[] = {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"};

static const struct field fields[] = {
    {.name = "s", .kind = FIELD_CHOICE, .options = five, .n_options = 4, .max_marks = 1},
    {.name = "m", .kind = FIELD_CHOICE, .options = five, .n_options = 5, .max_marks = 5},
    {.name = "m4", .kind = FIELD_CHOICE, .options = five, .n_options = 4, .max_marks = 4},
    {.name = "g", .kind = FIELD_GRID, .options = digits, .n_options = 10, .n_columns = 2},
    {.name = "t", .kind = FIELD_TEXT},
};

static struct form form = {.name = "golden",
                           .fields = (struct field *)fields,
                           .n_fields = sizeof fields / sizeof *fields,
                           .candidate = -1,
                           .absent = -1,
                           .version = -1};

static const char columns[] = "item,key,points,rule,partial,wrong,blank,tolerance\n";

/* What `parse` of a row and the rules of an exam.yaml gives; d is the caller's. */
static int load(const char *row, const char *rules, struct scheme **ret_scheme,
                struct key **ret_key, struct diag *d)
{
    const struct form *forms[] = {&form};
    char text[400], yaml[1200];
    snprintf(text, sizeof text, "%s%s\n", columns, row);
    snprintf(yaml, sizeof yaml, "title: golden\nscoring:\n  rules: {%s}\n", rules ? rules : "");
    int rc = scheme_parse(yaml, strlen(yaml), "exam.yaml", ret_scheme, d);
    if (rc == 0)
        rc = key_parse_with(text, strlen(text), "key.csv", *ret_scheme, ret_key, d);
    if (rc == 0)
        rc = key_check(*ret_key, forms, 1, d);
    return rc < 0 ? rc : scheme_check(*ret_scheme, *ret_key, d);
}

struct case_of_rule {
    const char *row, *rules; /* rules NULL: none in exam.yaml */
    const char *answers;     /* "ACE=4 AC=2.4": a set and its points; "-": blank; "AB!": more marks
                                than allowed */
};

static const struct case_of_rule cases[] = {
    /* CEEC, 2012 paper: n = 5, 4 points: 4, 2.4, 0.8, 0 */
    {"m,ACE,4,ceec,,,,", NULL, "ACE=4 AC=2.4 ABCE=2.4 A=0.8 ABC=0.8 B=0 BD=0 -=0"},
    /* Gaokao 2020 (Shandong, Hainan): 5 points, 3 for a part; 2021 to 2023: 2 for a part */
    {"m4,ACD,5,subset,3,,,", NULL, "ACD=5 A=3 AC=3 AB=0 ABCD=0 -=0"},
    {"m4,ACD,5,subset,2,,,", NULL, "ACD=5 A=2 CD=2 B=0 BCD=0 -=0"},
    /* Gaokao from 2024: 6 points; key of two 3 each, key of three 2 each */
    {"m4,AC,6,per_option,,,,", NULL, "AC=6 A=3 C=3 ABC=0 AD=0 -=0"},
    {"m4,ABD,6,per_option,,,,", NULL, "ABD=6 AB=4 D=2 ABCD=0 C=0 -=0"},
    /* Examination Yuan: one wrong option 3/5, two 1/5, more 0 */
    {"m,ACE,5,exam_yuan,,,,", NULL, "ACE=5 AC=3 ABCE=3 A=1 AB=0 ABC=1 BD=0 -=0"},
    {"m,ACE,2.5,exam_yuan,,,,", NULL, "ACE=2.5 CE=1.5 E=0.5 D=0"},
    /* JEE (Advanced): +4 all; +3 three of four right; +2 two; +1 one; 0 none; -2 else */
    {"m4,ABCD,4,jee,,,,", NULL, "ABCD=4 ABC=3 AB=2 A=1 -=0"},
    {"m4,ABD,4,jee,,,,", NULL, "ABD=4 AB=2 D=1 C=-2 ABCD=-2 AC=-2 -=0"},
    {"m4,AB,4,jee,,-1,,", NULL, "AB=4 A=1 ABC=-1 -=0"}, /* 2019: -1 */
    /* ZipGrade-like: points for each set of options */
    {"m4,ACD=4|AC=2|A=1,4,enumerated,,-1,,", NULL, "ACD=4 AC=2 A=1 C=-1 ABCD=-1 -=0"},
    {"s,B=2|D=1,2,enumerated,,,,", NULL, "B=2 D=1 A=0 BD!=0 -=0"},
    /* R/exams 2.4, exams_eval: one correct and the others; #true = 2, #false = 3 */
    {"m,AC,1,r_exams,,,,", NULL, "AC=1 A=0.5 AB=1/6 ABC=2/3 B=0 ABDE=0 -=0"},
    {"m,AC,1,ours,,,,", "ours: {kind: r_exams, negative: true}",
     "AC=1 A=0.5 B=-1/3 BDE=-1 ABDE=-0.5"},
    {"m,AC,1,ours,,,,", "ours: {kind: r_exams, negative: 0.25}", "AC=1 B=-0.25 BDE=-0.25 AB=1/6"},
    {"m,AC,1,ours,,,,", "ours: {kind: r_exams, negative: true, rule: 'false'}", "A=0.5 B=-1/3"},
    /* one false option alone: false2 takes half, false all */
    {"m4,ACD,3,ours,,,,", "ours: {kind: r_exams, negative: true, rule: false2}",
     "ACD=3 A=1 B=-1.5 ABCD=1.5"},
    {"m4,ACD,3,ours,,,,", "ours: {kind: r_exams, negative: true, rule: 'false'}",
     "B=-3 ABCD=0 AB=-2"},
    {"m,AC,1,ours,,,,", "ours: {kind: r_exams, negative: true, rule: 'true'}", "B=-0.5 AB=0"},
    {"m,AC,1,ours,,,,", "ours: {kind: r_exams, negative: true, rule: all}", "B=-1 ABC=0 AB=-0.5"},
    {"m,AC,1,ours,,,,", "ours: {kind: r_exams, negative: true, rule: none}", "B=0 AB=0.5 ABC=1"},
    {"m,AC,1,ours,,,,", "ours: {kind: r_exams, partial: false, negative: 0.5}",
     "AC=1 A=-0.5 ABC=-0.5 -=0"},
    {"s,B,2,r_exams,,,,", NULL, "B=2 A=0"},
    {"s,B,2,ours,,,,", "ours: {kind: r_exams, negative: true}", "B=2 A=-2/3"},
    /* Auto Multiple Choice, "Scale": capital of Cameroon b=2,m=-0.5; words with A, two of four */
    {"s,A,2,ours,,,,", "ours: {kind: amc, b: 2, m: -0.5}", "A=2 B=-0.5 C=-0.5 -=0 AB!=0"},
    {"m4,AC,8,ours,,,,", "ours: {kind: amc, b: 2, m: -0.5}", "AC=8 AB=3 A=5.5 BD=-2 -=0"},
    {"m4,AC,4,amc,,,,", NULL, "AC=4 A=3 AB=2 BD=0 -=0"},
    {"m4,AC,4,ours,,,,", "ours: {kind: amc, e: -1, v: -0.25}", "AC=4 -=-0.25"},
    {"s,A,1,ours,,,,", "ours: {kind: amc, e: -1, v: -0.25}", "A=1 B=0 -=-0.25 AB!=-1"},
    {"m4,AC,3,ours,,,,", "ours: {kind: amc, d: -1, p: 0, m: -1}", "AC=3 A=1 AB=0 BD=0"},
    {"m4,AC,2,ours,,,,", "ours: {kind: amc, haut: 2}", "AC=2 A=1 AB=0 BD=0"},
    {"m4,AC,2,ours,,,,", "ours: {kind: amc, haut: 2, p: -1}", "AC=2 A=1 AB=0 BC=0 ABD=-1 BD=-1"},
    {"m4,AC,3,ours,,,,", "ours: {kind: amc, mz: 3}", "AC=3 A=0 ABC=0 -=0"},
    {"m4,AC,1,ours,,,,", "ours: {kind: amc, formula: \"NBC/NB - NMC/NM\", p: 0}",
     "AC=1 A=0.5 AB=0 ABC=0.5"},
    /* formulas: CEEC in its own words, thirds, a step */
    {"m,ACE,4,ours,,,,", "ours: {kind: formula, formula: \"max(0, S * (n - 2*(w + missed)) / n)\"}",
     "ACE=4 AC=2.4 A=0.8 B=0 -=0"},
    {"m4,ABD,5,ours,,,,", "ours: {kind: formula, formula: \"if(w > 0, 0, S * c / k)\"}",
     "ABD=5 AB=10/3 C=0"},
    {"g,07|7,2,ours,,,,", "ours: {kind: formula, formula: \"if(c = 1, S, -1)\"}", "07=2 7=2 8=-1"},
    /* what was there before: it must not have changed */
    {"s,B|D,2,,,-0.5,0.25,", NULL, "B=2 D=2 A=-0.5 -=0.25 BD!=-0.5"},
    {"m,ACD|AC,3,all,,,,", NULL, "ACD=3 AC=3 A=0 ABCD=0 -=0"},
    {"g,42,2,number,,,,1", NULL, "42=2 41=2 43=2 44=0 -=0"},
    {"g,7|42,2,number,,,,", NULL, "07=2 7=2 42=2 6=0"},
    {"g,,10,points,,,,", NULL, "07=7 10=10 -=0"},
    {"s,B,2,void_full,,,,", NULL, "A=2 -=2 AB!=2"},
    {"s,B,2,void_answered,,,,", NULL, "A=2 -=0 AB!=2"},
};

static struct response response_of(char *answer)
{
    size_t length = strlen(answer);
    if (strcmp(answer, "-") == 0)
        return (struct response){"", READING_BLANK};
    if (answer[length - 1] != '!')
        return (struct response){answer, READING_OK};
    answer[length - 1] = '\0';
    return (struct response){answer, READING_MULTIPLE};
}

static int run_case(const struct case_of_rule *c)
{
    struct scheme *scheme = NULL;
    struct key *key = NULL;
    struct diag d;
    int bad = 0;
    diag_init(&d);
    if (load(c->row, c->rules, &scheme, &key, &d) < 0) {
        print_message("%s: ", c->row);
        diag_print(&d, stderr);
        bad++;
    }
    char *list = strdup(c->answers), *save = NULL;
    for (char *one = strtok_r(list, " ", &save); one && bad == 0;
         one = strtok_r(NULL, " ", &save)) {
        char printed[POINTS_TEXT_MAX], *sign = strchr(one, '=');
        *sign = '\0';
        struct response response = response_of(one);
        struct item_score score = score_item(&key->items[0], &response);
        points_print(score.points, printed);
        if (score.pending || strcmp(printed, sign + 1) != 0) {
            print_message("%s (%s): '%s' gives %s%s, published is %s\n", c->row,
                          c->rules ? c->rules : "", one, printed, score.pending ? " (waits)" : "",
                          sign + 1);
            bad++;
        }
    }
    free(list);
    key_destroy(key);
    scheme_destroy(scheme);
    diag_finish(&d);
    return bad;
}

/* A rule under an examination's name that is not that examination's. */
static void golden_table(void **state)
{
    (void)state;
    int bad = 0;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        bad += run_case(&cases[i]);
    assert_int_equal(bad, 0);
}

static void refuse(const char *row, const char *rules, const char *file, int line, const char *what)
{
    struct scheme *scheme = NULL;
    struct key *key = NULL;
    struct diag d;
    diag_init(&d);
    assert_int_equal(load(row, rules, &scheme, &key, &d), YJ_EINPUT);
    const struct diag_entry *e = d.entries;
    while (e->level != DIAG_ERROR)
        e++;
    if (!strstr(e->what, what) || strcmp(e->file, file) != 0 || e->line != line)
        fail_msg("%s (%s): told in %s:%d: %s", row, rules ? rules : "", e->file, e->line, e->what);
    key_destroy(key);
    scheme_destroy(scheme);
    diag_finish(&d);
}

/* Rules that would give points nobody meant: told before a scan is opened. */
static void mistakes_are_told(void **state)
{
    (void)state;
    refuse("m4,AC,5,amc,,,,", NULL, "key.csv", 2, "it is worth 5");
    refuse("m4,AC,4,ours,,,,", "ours: {kind: amc, b: 2}", "key.csv", 2, "it is worth 4");
    refuse("m4,ABCD,2,jee,,,,", NULL, "key.csv", 2, "it is worth 2"); /* three of four: 3 */
    refuse("m4,ACD=3|A=1,4,enumerated,,,,", NULL, "key.csv", 2, "no answer to item 'm4' gives");
    refuse("m4,ACD=5|A=1,4,enumerated,,,,", NULL, "key.csv", 2, "more than the item's points");
    refuse("m4,ACD,4,enumerated,,,,", NULL, "key.csv", 2, "no points stand beside");
    refuse("m4,ACD,4,formula,,,,", NULL, "key.csv", 2, "needs a formula");
    refuse("m4,ACD,4,ourz,,,,", "ours: {kind: amc}", "key.csv", 2, "unknown rule 'ourz'");
    refuse("m4,ACD,4,ours,,,,", "ours: {kind: formula, formula: \"S / (c - 1)\"}", "key.csv", 2,
           "has no value for 1 right and 0 wrong");
    refuse("m4,ACD,4,ours,,,,", "ours: {kind: formula, formula: \"S + w\"}", "key.csv", 2,
           "it is worth 4");
    refuse("m4,ACD,4,ours,,,,", "ours: {kind: formula, formula: \"S +\"}", "exam.yaml", 3,
           "the formula ends");
    refuse("m4,ACD,4,ours,,,,", "ours: {kind: acm}", "exam.yaml", 3, "acm");
    refuse("m4,ACD,4,ours,,,,", "ours: {kind: amc, mz: 1, haut: 2}", "exam.yaml", 3, "exclude");
    refuse("m4,ACD,4,ours,,,,", "ours: {kind: amc, q: 1}", "exam.yaml", 3, "unknown key 'q'");
    refuse("m4,ACD,4,ceec,,,,", "ceec: {kind: amc}", "exam.yaml", 3, "is a rule already");
    refuse("s,A,4,exam_yuan,,,,", NULL, "key.csv", 2, "allows one mark");
    refuse("m4,ACD|A,4,jee,,,,", NULL, "key.csv", 2, "takes one");
    refuse("g,07,4,amc,,,,", NULL, "key.csv", 2, "no choice");
    refuse("m4,ACD,4,amc,,-1,,", NULL, "key.csv", 2, "takes no points for a wrong answer");
    /* sums beyond 64 bits ended the program */
    refuse("m4,ACD,4,ours,,,,", "ours: {kind: amc, b: 1/999999937, m: 1/999999929, d: 1/999999893}",
           "exam.yaml", 3, "cannot be added exactly");
    refuse("s,A,2,void_rebase,,,,", NULL, "key.csv", 2, "no other item");
}

/* Would catch: a unit that is demanded and not asked for, or that spoils a right number. */
static void numbers_with_units(void **state)
{
    static const struct {
        const char *unit, *answers; /* with '|' between: "answer=points" */
    } units[] = {
        {"cm", "12 cm=2|12cm=2|12.0 cm=2|12=0|12 CM=0|12 mm=0|cm=0|13 cm=0"},
        {"(cm)", "12 cm=2|12=2|12cm=2|12 mm=0|13=0"},
        {"公分", "12 公分=2|12公分=2|12 公=0"},
        {"", "12=2|12 cm=0"},
    };
    (void)state;
    for (size_t u = 0; u < sizeof units / sizeof *units; u++) {
        const struct form *forms[] = {&form};
        char text[200], answers[200], *rest = answers;
        struct key *key = NULL;
        snprintf(text, sizeof text, "item,key,points,rule,unit\nt,12,2,number,%s\n", units[u].unit);
        assert_int_equal(key_parse(text, strlen(text), "key.csv", &key, NULL), 0);
        assert_int_equal(key_check(key, forms, 1, NULL), 0);
        snprintf(answers, sizeof answers, "%s", units[u].answers);
        for (char *answer; (answer = strsep(&rest, "|")) != NULL;) {
            char *points = strchr(answer, '=');
            *points++ = '\0';
            const struct response response = {answer, READING_OK};
            struct item_score score = score_item(&key->items[0], &response);
            if (points_double(score.points) != strtod(points, NULL))
                fail_msg("unit '%s': '%s' gives %g", units[u].unit, answer,
                         points_double(score.points));
        }
        key_destroy(key);
    }
}

/* Would catch: a unit asked for of a grid of digits, which nobody can write there. */
static void digits_have_no_unit(void **state)
{
    static const char text[] = "item,key,points,rule,unit\ng,12,2,number,cm\n";
    const struct form *forms[] = {&form};
    struct key *key = NULL;
    struct diag d;
    (void)state;
    diag_init(&d);
    assert_int_equal(key_parse(text, strlen(text), "key.csv", &key, &d), 0);
    assert_int_equal(key_check(key, forms, 1, &d), YJ_EINPUT);
    assert_non_null(strstr(d.entries[d.count - 1].what, "asks for a unit"));
    key_destroy(key);
    diag_finish(&d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(golden_table),
        cmocka_unit_test(numbers_with_units),
        cmocka_unit_test(digits_have_no_unit),
        cmocka_unit_test(mistakes_are_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
