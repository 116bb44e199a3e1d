/* clang-format off */
/* Made by tools/train/calibrate.py of office 401600 fields, 45 wrong, phone 81381 fields, 43 wrong, rough 199818 fields, 1286 wrong;
 * mix office=0.97,rough=0.02,phone=0.01. Not to be edited. */
static const struct calibration_step {
    double sureness;    /* as calibration.h has it */
    double confidence;  /* the same measure of the share that was right */
    double silent_most; /* of all fields as sure and surer, the wrong ones: upper 95 % bound */
} calibration_steps[] = {
    {0.0, 0.0004, 2.734e-04},
    {0.1, 0.0074, 2.704e-04},
    {0.2, 0.0348, 2.645e-04},
    {0.3, 0.0808, 2.633e-04},
    {0.4, 0.2422, 1.719e-04},
    {0.5, 0.3977, 1.456e-04},
    {0.6, 0.6263, 1.279e-04},
    {0.7, 0.6263, 1.193e-04},
    {0.8, 0.7886, 1.089e-04},
    {0.9, 0.7886, 1.070e-04},
    {1.0, 0.8307, 9.327e-05},
    {1.1, 1.1186, 8.270e-05},
    {1.5, 1.1186, 5.891e-05},
    {1.6, 1.4763, 4.911e-05},
    {1.7, 1.7512, 4.503e-05},
    {1.8, 2.4795, 9.545e-06},
    {1.9, 2.4795, 9.545e-06},
    {2.0, 2.8260, 9.143e-06},
    {2.3, 2.8260, 8.840e-06},
    {2.4, 3.6580, 8.654e-06},
    {2.8, 3.6580, 8.567e-06},
    {2.9, 3.9094, 8.476e-06},
    {3.0, 3.9094, 8.479e-06},
    {3.1, 4.2631, 8.391e-06},
    {3.2, 4.2631, 8.396e-06},
    {3.3, 4.4080, 8.314e-06},
    {3.5, 4.4080, 8.155e-06},
    {3.6, 4.8309, 8.011e-06},
    {3.7, 5.7322, 7.974e-06},
    {12.0, 5.7322, 1.000e+00},
};
