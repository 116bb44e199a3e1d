/* small_sort.h - the k-th of some numbers, without a call for each comparison. Internal to omr. */
#ifndef YJ_OMR_SMALL_SORT_H
#define YJ_OMR_SMALL_SORT_H

/* The value that would be v[k] if v[0 .. n) were in rising order, 0 <= k < n; v is shuffled. Hoare,
 * "Algorithm 65: Find", CACM 4(7), 1961, with the median of three for a pivot. */
static inline double kth_of(double *v, int n, int k)
{
    int low = 0, high = n - 1;
    while (low < high) {
        double a = v[low], b = v[(low + high) / 2], c = v[high];
        double pivot = a < b ? (b < c ? b : a < c ? c : a) : (a < c ? a : b < c ? c : b);
        int i = low, j = high;
        while (i <= j) {
            while (v[i] < pivot)
                i++;
            while (pivot < v[j])
                j--;
            if (i > j)
                break;
            double t = v[i];
            v[i++] = v[j];
            v[j--] = t;
        }
        if (k <= j)
            high = j;
        else if (k >= i)
            low = i;
        else
            break;
    }
    return v[k];
}

#endif
