// hls4ml's LIFNeuron and IFNeuron on words: built against a checkout of hls4ml by tools/compare_neurons.py.
//
// Reads leak (0, 1), reset (0 subtract, 1 zero), steps, words of beta and of the threshold of each neuron, and of each step
// what arrives at each; writes of each step the membrane's word and the spike of each neuron.

#include "ap_fixed.h"
#include "nnet_utils/nnet_snn.h"
#include <iostream>
#include <utility>
#include <vector>

constexpr unsigned NEURONS = 12;
using Fixed = ap_fixed<16, 6>;
static Fixed last;  // what was assigned to a membrane last: the end of a neuron's step does so

struct Membrane : Fixed {
    Membrane() {}
    Membrane(const Membrane &) = default;
    template <class T> Membrane(const T &value) : Fixed(value) {}
    Membrane &operator=(const Membrane &value) {
        Fixed::operator=(value);
        last = value;
        return *this;
    }
};

template <unsigned N, nnet::snn_reset_mode RESET> struct Config : nnet::lif_neuron_config {
    static const bool beta_is_vector = true, threshold_is_vector = true;
    static const nnet::snn_reset_mode reset_mode = RESET;
    typedef ap_fixed<12, 2> beta_t;
    typedef Fixed threshold_t;
    typedef Membrane membrane_t;
};

template <class T> T word(long long given) {
    T found;
    found.range() = given;
    return found;
}

template <nnet::snn_reset_mode RESET, unsigned N>
void step(bool leaks, long long came, long long beta, long long threshold) {
    ap_fixed<14, 5> data[1] = {word<ap_fixed<32, 20>>(came)};
    ap_fixed<12, 2> betas[1] = {word<ap_fixed<12, 2>>(beta)};
    Fixed thresholds[1] = {word<Fixed>(threshold)};
    ap_uint<1> spike[1];
    if (leaks)
        nnet::lif_neuron<ap_fixed<14, 5>, ap_uint<1>, Config<N, RESET>>(data, spike, betas, thresholds);
    else
        nnet::if_neuron<ap_fixed<14, 5>, ap_uint<1>, Config<N, RESET>>(data, spike, thresholds);
    std::cout << ap_int<16>(last.range()) << ' ' << spike[0] << ' ';
}

using Words = std::vector<long long>;

template <nnet::snn_reset_mode RESET, unsigned... N>
void run(bool leaks, unsigned steps, const Words &beta, const Words &threshold, std::integer_sequence<unsigned, N...>) {
    for (unsigned t = 0; t < steps; t++) {
        Words came(NEURONS);
        for (auto &one : came)
            std::cin >> one;
        (step<RESET, N>(leaks, came[N], beta[N], threshold[N]), ...);
        std::cout << '\n';
    }
}

int main() {
    unsigned leaks, zero, steps;
    Words beta(NEURONS), threshold(NEURONS);
    std::cin >> leaks >> zero >> steps;
    for (auto *words : {&beta, &threshold})
        for (auto &one : *words)
            std::cin >> one;
    auto all = std::make_integer_sequence<unsigned, NEURONS>();
    if (zero)
        run<nnet::snn_reset_mode::zero>(leaks, steps, beta, threshold, all);
    else
        run<nnet::snn_reset_mode::subtract>(leaks, steps, beta, threshold, all);
}
