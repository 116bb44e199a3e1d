// vision.cpp - OpenCV behind vision.h. The only C++ of the tree; every exported function catches
// whatever OpenCV throws and returns a code.

#include <algorithm>
#include <cmath>
#include <cstring>
#include <new>
#include <opencv2/calib3d.hpp>
#include <opencv2/core.hpp>
#include <opencv2/core/utils/logger.hpp>
#include <opencv2/dnn.hpp>
#include <opencv2/features2d.hpp>
#include <opencv2/imgproc.hpp>
#include <vector>

extern "C" {
#include "diag.h"
#include "ink_blobs.h"
#include "vision.h"
}

namespace
{

// A view: no pixel is copied.
cv::Mat view(const struct image *img)
{
    return cv::Mat(img->height, img->width, CV_8UC1, img->data, img->stride);
}

struct blobs_memory {
    struct ink_blobs_scratch scratch = {};
    ~blobs_memory() { ink_blobs_finish(&scratch); }
};

// Runs body, turns every exception into a code.
template <typename Body> int guarded(Body body) noexcept
{
    try {
        return body();
    } catch (const std::bad_alloc &) {
        return YJ_ENOMEM;
    } catch (const cv::Exception &e) {
        return e.code == cv::Error::StsNoMem ? YJ_ENOMEM : YJ_EDATA;
    } catch (...) {
        return YJ_EDATA;
    }
}

// Clockwise on the screen (y down), starting at the corner nearest to the image's origin.
void order_corners(const std::vector<cv::Point> &poly, struct point out[4])
{
    std::vector<cv::Point> p = poly;
    double area = 0;
    for (size_t i = 0; i < 4; i++) {
        const cv::Point &a = p[i], &b = p[(i + 1) % 4];
        area += (double)a.x * b.y - (double)b.x * a.y;
    }
    if (area < 0)
        std::reverse(p.begin(), p.end());
    size_t first = 0;
    for (size_t i = 1; i < 4; i++)
        if (p[i].x + p[i].y < p[first].x + p[first].y)
            first = i;
    for (size_t i = 0; i < 4; i++)
        out[i] = {(double)p[(first + i) % 4].x, (double)p[(first + i) % 4].y};
}

// The four corners of a contour that is nearly a quadrilateral, its corners perhaps rounded or
// torn: the hull is simplified until four corners remain. Empty where it never is.
std::vector<cv::Point> four_corners(const std::vector<cv::Point> &contour)
{
    std::vector<cv::Point> hull, poly;
    cv::convexHull(contour, hull);
    double length = cv::arcLength(hull, true);
    for (double epsilon = 0.01; epsilon < 0.09; epsilon += 0.01) {
        cv::approxPolyDP(hull, poly, epsilon * length, true);
        if (poly.size() == 4 && cv::contourArea(poly) > 0.85 * cv::contourArea(hull))
            return poly;
    }
    return {};
}

// The side's line is where most of the contour is, not where the simplified corners are: fits a
// line to the contour's points along each side and crosses neighbours.
void refine_quad(const std::vector<cv::Point> &contour, struct point q[4])
{
    cv::Vec4f lines[4];
    for (int i = 0; i < 4; i++) {
        struct point a = q[i], b = q[(i + 1) % 4];
        double dx = b.x - a.x, dy = b.y - a.y, length = std::hypot(dx, dy);
        if (length < 8)
            return;
        std::vector<cv::Point2f> along;
        for (const cv::Point &c : contour) {
            double t = ((c.x - a.x) * dx + (c.y - a.y) * dy) / (length * length);
            double off = std::fabs((c.x - a.x) * dy - (c.y - a.y) * dx) / length;
            if (t > 0.08 && t < 0.92 && off < 0.015 * length + 2)
                along.emplace_back((float)c.x, (float)c.y);
        }
        if (along.size() < 8)
            return;
        cv::fitLine(along, lines[i], cv::DIST_HUBER, 0, 0.01, 0.01);
    }
    struct point refined[4];
    for (int i = 0; i < 4; i++) { // corner i is where side i - 1 meets side i
        const cv::Vec4f &l = lines[(i + 3) % 4], &m = lines[i];
        double det = (double)l[0] * m[1] - (double)l[1] * m[0];
        if (std::fabs(det) < 0.2)
            return;
        double t = ((double)(m[2] - l[2]) * m[1] - (double)(m[3] - l[3]) * m[0]) / det;
        refined[i] = {l[2] + t * l[0], l[3] + t * l[1]};
        if (std::hypot(refined[i].x - q[i].x, refined[i].y - q[i].y) > 25)
            return;
    }
    std::copy(refined, refined + 4, q);
}

cv::Mat paper_mask(const cv::Mat &grey)
{
    cv::Mat smooth, mask;
    cv::GaussianBlur(grey, smooth, cv::Size(5, 5), 0);
    cv::threshold(smooth, mask, 0, 255, cv::THRESH_BINARY | cv::THRESH_OTSU);
    // Print near the edge must not cut into the paper.
    cv::Mat kernel = cv::getStructuringElement(cv::MORPH_RECT, cv::Size(9, 9));
    cv::morphologyEx(mask, mask, cv::MORPH_CLOSE, kernel);
    return mask;
}

// Where the paper is hardly lighter than the ground, its edge is still an edge.
cv::Mat edge_mask(const cv::Mat &grey)
{
    cv::Mat smooth, mask;
    cv::GaussianBlur(grey, smooth, cv::Size(3, 3), 0);
    cv::Canny(smooth, mask, 40, 120);
    cv::morphologyEx(mask, mask, cv::MORPH_CLOSE,
                     cv::getStructuringElement(cv::MORPH_RECT, cv::Size(9, 9)));
    return mask;
}

cv::Mat frame_mask(const cv::Mat &grey)
{
    cv::Mat mask;
    int window = std::max(15, (std::min(grey.cols, grey.rows) / 24) | 1);
    cv::adaptiveThreshold(grey, mask, 255, cv::ADAPTIVE_THRESH_MEAN_C, cv::THRESH_BINARY_INV,
                          window, 12);
    // A frame that is broken by a pixel or two is still a frame.
    cv::morphologyEx(mask, mask, cv::MORPH_CLOSE,
                     cv::getStructuringElement(cv::MORPH_RECT, cv::Size(3, 3)));
    return mask;
}

// Adds the quadrilaterals among the contours of a mask, largest first, that are not there yet.
void add_quads(const cv::Mat &mask, struct point (*quads)[4], size_t max, size_t *n)
{
    std::vector<std::vector<cv::Point>> contours;
    cv::findContours(mask, contours, cv::RETR_LIST, cv::CHAIN_APPROX_NONE);
    std::vector<std::pair<double, size_t>> order;
    for (size_t i = 0; i < contours.size(); i++) {
        std::vector<cv::Point> hull;
        cv::convexHull(contours[i], hull);
        double area = cv::contourArea(hull);
        if (area > 0.05 * mask.cols * mask.rows)
            order.emplace_back(area, i);
    }
    std::stable_sort(order.begin(), order.end(),
                     [](const auto &a, const auto &b) { return a.first > b.first; });
    for (const auto &o : order) {
        if (*n == max)
            break;
        std::vector<cv::Point> poly = four_corners(contours[o.second]);
        if (poly.size() != 4)
            continue;
        order_corners(poly, quads[*n]);
        refine_quad(contours[o.second], quads[*n]);
        bool seen = false;
        for (size_t k = 0; k < *n && !seen; k++) {
            double off = 0;
            for (int c = 0; c < 4; c++)
                off = std::max(off, std::hypot(quads[k][c].x - quads[*n][c].x,
                                               quads[k][c].y - quads[*n][c].y));
            seen = off < 3;
        }
        *n += !seen;
    }
}

} // namespace

struct vision_net {
    cv::dnn::Net net;
};

extern "C" {

int vision_init(void)
{
    return guarded([] {
        cv::setNumThreads(1);
        cv::utils::logging::setLogLevel(cv::utils::logging::LOG_LEVEL_SILENT);
        return 0;
    });
}

const char *vision_version(void)
{
    return CV_VERSION;
}

int vision_find_blobs(const struct image *img, int window, int offset, int min_area,
                      struct blob *blobs, size_t max, size_t *ret_n, struct image *ink)
{
    // A thread's own, given back when it ends: what is in it means nothing between two calls.
    static thread_local blobs_memory memory;
    return ink_blobs_find(img, window, offset, min_area, &memory.scratch, blobs, max, ret_n, ink);
}

int vision_find_contours(const struct image *mask, int min_side, int max_side,
                         struct contour *curves, size_t max, size_t *ret_n)
{
    return guarded([&] {
        std::vector<std::vector<cv::Point>> contours;
        std::vector<cv::Vec4i> family; // next, previous, first child, parent
        cv::findContours(view(mask), contours, family, cv::RETR_CCOMP, cv::CHAIN_APPROX_SIMPLE);
        std::vector<int> given(contours.size(), -1);
        size_t n = 0;
        // OpenCV lists from the last row up.
        for (size_t i = contours.size(); i-- > 0 && n < max;) {
            cv::Rect box = cv::boundingRect(contours[i]);
            bool hole = family[i][3] >= 0;
            if (box.width < min_side || box.height < min_side || box.width > max_side ||
                box.height > max_side || box.width < 3 || box.height < 3)
                continue;
            std::vector<cv::Point> hull;
            cv::convexHull(contours[i], hull);
            double area = cv::contourArea(contours[i]), round = cv::contourArea(hull);
            // The curve runs through the middles of ink pixels, also around a hole.
            double in = hole ? 1 : 0;
            given[i] = (int)n;
            curves[n++] = {box.x + in,
                           box.y + in,
                           box.width - 2 * in,
                           box.height - 2 * in,
                           area / ((box.width - 1.0) * (box.height - 1.0)),
                           round > 0 ? area / round : 0,
                           hole ? family[i][3] : -1,
                           hole};
        }
        for (size_t k = 0; k < n; k++)
            if (curves[k].parent >= 0)
                curves[k].parent = given[(size_t)curves[k].parent];
        *ret_n = n;
        return 0;
    });
}

int vision_find_quads(const struct image *img, bool dark, struct point (*quads)[4], size_t max,
                      size_t *ret_n)
{
    return guarded([&] {
        size_t n = 0;
        if (dark) {
            add_quads(frame_mask(view(img)), quads, max, &n);
        } else {
            add_quads(paper_mask(view(img)), quads, max / 2, &n);
            add_quads(edge_mask(view(img)), quads, max, &n);
        }
        *ret_n = n;
        return 0;
    });
}

int vision_resize(const struct image *img, int width, int height, struct image *out)
{
    return guarded([&] {
        int r = image_resize(out, width, height);
        if (r < 0)
            return r;
        cv::Mat to = view(out);
        bool shrinking = width < img->width;
        cv::resize(view(img), to, cv::Size(width, height), 0, 0,
                   shrinking ? cv::INTER_AREA : cv::INTER_LINEAR);
        out->dpi_x = img->dpi_x * width / img->width;
        out->dpi_y = img->dpi_y * height / img->height;
        return 0;
    });
}

int vision_align_features(const struct image *reference, const struct image *img, int max_features,
                          struct homography *ret, int *ret_inliers)
{
    return guarded([&] {
        cv::Ptr<cv::ORB> orb = cv::ORB::create(max_features);
        std::vector<cv::KeyPoint> from, to;
        cv::Mat from_words, to_words;
        orb->detectAndCompute(view(reference), cv::noArray(), from, from_words);
        orb->detectAndCompute(view(img), cv::noArray(), to, to_words);
        if (from.size() < 12 || to.size() < 12)
            return (int)YJ_EDATA;
        std::vector<cv::DMatch> matches;
        cv::BFMatcher(cv::NORM_HAMMING, true).match(from_words, to_words, matches);
        std::vector<cv::Point2f> p, q;
        for (const cv::DMatch &m : matches) {
            p.push_back(from[(size_t)m.queryIdx].pt);
            q.push_back(to[(size_t)m.trainIdx].pt);
        }
        if (p.size() < 12)
            return (int)YJ_EDATA;
        cv::setRNGSeed(1); // the same scan gives the same transform
        cv::Mat inlier, h = cv::findHomography(p, q, cv::RANSAC, 3.0, inlier);
        int agree = h.empty() ? 0 : cv::countNonZero(inlier);
        if (agree < 12)
            return (int)YJ_EDATA;
        for (int i = 0; i < 9; i++)
            ret->m[i] = h.at<double>(i / 3, i % 3);
        *ret_inliers = agree;
        return 0;
    });
}

int vision_warp(const struct image *img, const struct homography *map, struct image *out)
{
    return guarded([&] {
        cv::Mat h(3, 3, CV_64F), to = view(out);
        std::copy(map->m, map->m + 9, h.ptr<double>());
        cv::warpPerspective(view(img), to, h, to.size(), cv::INTER_LINEAR | cv::WARP_INVERSE_MAP,
                            cv::BORDER_CONSTANT, cv::Scalar(255));
        return 0;
    });
}

// ---- nets ----

int vision_net_create(const unsigned char *onnx, size_t size, struct vision_net **ret_net)
{
    return guarded([&] {
        cv::dnn::Net net = cv::dnn::readNetFromONNX((const char *)onnx, size);
        net.setPreferableBackend(cv::dnn::DNN_BACKEND_OPENCV);
        net.setPreferableTarget(cv::dnn::DNN_TARGET_CPU);
        *ret_net = new vision_net{net};
        return 0;
    });
}

void vision_net_destroy(struct vision_net *net)
{
    delete net;
}

int vision_net_run_sized(struct vision_net *net, const float *in, const int shape[4], float *out,
                         size_t max_out, size_t *ret_n)
{
    return guarded([&] {
        cv::Mat blob(4, shape, CV_32F, const_cast<float *>(in));
        net->net.setInput(blob);
        cv::Mat result = net->net.forward();
        if (result.total() > max_out)
            return (int)YJ_EDATA;
        memcpy(out, result.ptr<float>(), result.total() * sizeof(float));
        *ret_n = result.total();
        return 0;
    });
}

int vision_net_run(struct vision_net *net, const float *in, const int shape[4], float *out,
                   size_t n_out)
{
    size_t n = 0, wanted = (size_t)shape[0] * n_out;
    int e = vision_net_run_sized(net, in, shape, out, wanted, &n);
    return e == 0 && n != wanted ? (int)YJ_EDATA : e;
}

} // extern "C"
