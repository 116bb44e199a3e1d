/* Made by tools/train/calibrate.py; not to be edited. */
static const struct calibration_step {
    double sureness;    /* as calibration.h has it, of this many and the next */
    double confidence;  /* the same measure of the share that was right */
    double silent_most; /* of all fields as sure as this and surer, the wrong ones: upper 95 % */
} calibration_steps[] = {
    {0, 0.3, 1}, {2, 2, 1e-9}, {12, 12, 1e-9},
};
